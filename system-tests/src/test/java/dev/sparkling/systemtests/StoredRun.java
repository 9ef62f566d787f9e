package dev.sparkling.systemtests;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the object store has of a run. */
record StoredRun(Cluster cluster, Run run) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern CHECKPOINT = Pattern.compile("/(step-\\d{8}-[^/\"]+)");

  /** The keys of the run's objects. */
  List<String> keys() {
    return TinyRun.objects(cluster, run);
  }

  /** The epoch of the fence; 0 if there is none. */
  int epoch() {
    return fence().map(fence -> fence.get("epoch").asInt()).orElse(0);
  }

  /** Whether a checkpoint is being written: it has objects, and the fence does not name it yet. */
  boolean hasUncommittedCheckpoint() {
    String committed = fence().map(fence -> newest(fence.toString())).orElse("");
    return newest(String.join("\n", keys())).compareTo(committed) > 0;
  }

  /** The digest of the weights of the newest checkpoint of the wide stage. */
  String weights() {
    String key =
        keys().stream()
            .filter(found -> found.matches(".*/wide/checkpoints/step-[^/]+/manifest.json"))
            .max(String::compareTo)
            .orElseThrow(() -> new AssertionError("no last checkpoint in " + keys()));
    return json(key).findPath("model-00001-of-00001.safetensors").get("sha256").asText();
  }

  private Optional<JsonNode> fence() {
    return keys().stream().filter(key -> key.endsWith("/fence.json")).findFirst().map(this::json);
  }

  private JsonNode json(String key) {
    try {
      return JSON.readTree(TinyRun.object(cluster, key));
    } catch (JsonProcessingException e) {
      throw new AssertionError(key, e);
    }
  }

  /** The name of the newest checkpoint that a text contains, or nothing. */
  private static String newest(String text) {
    return CHECKPOINT
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .max(String::compareTo)
        .orElse("");
  }
}
