package dev.sparkling.systemtests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/** JSON merge patches, RFC 7386. */
final class MergePatch {

  private MergePatch() {}

  static void apply(ObjectNode target, ObjectNode patch) {
    for (Map.Entry<String, JsonNode> entry : patch.properties()) {
      JsonNode value = entry.getValue();
      if (value.isNull()) {
        target.remove(entry.getKey());
      } else if (value instanceof ObjectNode object
          && target.get(entry.getKey()) instanceof ObjectNode inside) {
        apply(inside, object);
      } else {
        target.set(entry.getKey(), value);
      }
    }
  }
}
