package dev.sparkling.pipeline.validation;

import dev.sparkling.pipeline.error.UserError;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Problems by path, in the order in which they were found. Only the first problem of a path is
 * kept.
 */
public final class Problems {

  private final Map<String, String> byPath = new LinkedHashMap<>();
  private final Set<String> suppressed = new HashSet<>();

  /** Suppresses problems of a path that follow from another problem. */
  void suppress(String path) {
    suppressed.add(path);
  }

  /** Adds {@code path: message}, unless the path is suppressed or it or a parent has a problem. */
  public void add(String path, String message) {
    if (suppressed.contains(path)) {
      return;
    }
    for (String above : byPath.keySet()) {
      if (path.equals(above) || path.startsWith(above + ".") || path.startsWith(above + "[")) {
        return;
      }
    }
    byPath.put(path, message);
  }

  /** Adds {@code path: message} unless the condition holds. */
  public void require(boolean condition, String path, String message) {
    if (!condition) {
      add(path, message);
    }
  }

  public boolean isEmpty() {
    return byPath.isEmpty();
  }

  /** Returns the problems as {@code path: message}. */
  public List<String> lines() {
    return byPath.entrySet().stream()
        .map(problem -> problem.getKey() + ": " + problem.getValue())
        .toList();
  }

  /** Throws a {@link UserError} with all problems, if there are any. */
  public void throwIfAny() {
    if (!isEmpty()) {
      throw new UserError(lines());
    }
  }
}
