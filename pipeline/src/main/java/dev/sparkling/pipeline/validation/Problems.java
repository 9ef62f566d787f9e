package dev.sparkling.pipeline.validation;

import dev.sparkling.pipeline.error.UserError;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Problems by path, in the order in which they were found; the first one of a path stands. */
public final class Problems {

  private final Map<String, String> byPath = new LinkedHashMap<>();
  private final Set<String> explained = new HashSet<>();

  /** Says nothing more of a path: another problem is why it is wrong. */
  void explained(String path) {
    explained.add(path);
  }

  /**
   * Adds {@code path: message}, unless it is explained or the path (or one above it) has a problem
   * already.
   */
  public void add(String path, String message) {
    if (explained.contains(path)) {
      return;
    }
    for (String above : byPath.keySet()) {
      if (path.equals(above) || path.startsWith(above + ".") || path.startsWith(above + "[")) {
        return;
      }
    }
    byPath.put(path, message);
  }

  /** Adds the problem where {@code condition} does not hold. */
  public void require(boolean condition, String path, String message) {
    if (!condition) {
      add(path, message);
    }
  }

  public boolean isEmpty() {
    return byPath.isEmpty();
  }

  /** The problems as {@code path: message}. */
  public List<String> lines() {
    return byPath.entrySet().stream()
        .map(problem -> problem.getKey() + ": " + problem.getValue())
        .toList();
  }

  /** Throws a {@link UserError} with all problems, where there is one. */
  public void throwIfAny() {
    if (!isEmpty()) {
      throw new UserError(lines());
    }
  }
}
