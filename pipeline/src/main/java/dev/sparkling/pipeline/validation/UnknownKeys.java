package dev.sparkling.pipeline.validation;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.TreeSet;
import org.apache.commons.text.similarity.LevenshteinDistance;
import org.jspecify.annotations.Nullable;

/** Collects all unknown keys; by default Jackson stops at the first. */
final class UnknownKeys extends DeserializationProblemHandler {

  /** Largest edit distance at which a known key is suggested. */
  private static final int MAX_EDITS = 3;

  private static final LevenshteinDistance EDITS = new LevenshteinDistance(MAX_EDITS);

  private final Problems problems;

  UnknownKeys(Problems problems) {
    this.problems = problems;
  }

  @Override
  public boolean handleUnknownProperty(
      DeserializationContext context,
      JsonParser parser,
      @Nullable JsonDeserializer<?> deserializer,
      Object beanOrClass,
      String key)
      throws IOException {
    Collection<Object> known = deserializer == null ? null : deserializer.getKnownPropertyNames();
    List<String> names = known == null ? List.of() : known.stream().map(Object::toString).toList();
    String path = path(parser.getParsingContext());
    String nearest = nearest(key, names);
    if (nearest == null) {
      problems.add(path, "unknown key; allowed: " + String.join(", ", new TreeSet<>(names)));
    } else {
      problems.add(path, "unknown key; did you mean " + nearest + "?");
      // Otherwise it would be reported as missing too.
      problems.suppress(path.substring(0, path.length() - key.length()) + nearest);
    }
    parser.skipChildren();
    return true;
  }

  /** Returns the path of the parser's position, such as {@code spec.stages[1].tokens}. */
  static String path(JsonStreamContext context) {
    StringBuilder path = new StringBuilder();
    for (JsonStreamContext at = context; at != null && !at.inRoot(); at = at.getParent()) {
      path.insert(0, at.inArray() ? "[" + at.getCurrentIndex() + "]" : "." + at.getCurrentName());
    }
    return path.isEmpty() ? "document" : path.substring(path.charAt(0) == '.' ? 1 : 0);
  }

  private static @Nullable String nearest(String key, List<String> known) {
    String nearest = null;
    int best = MAX_EDITS + 1;
    for (String name : new TreeSet<>(known)) {
      int distance = EDITS.apply(key, name);
      if (distance >= 0 && distance < best) {
        best = distance;
        nearest = name;
      }
    }
    return nearest;
  }
}
