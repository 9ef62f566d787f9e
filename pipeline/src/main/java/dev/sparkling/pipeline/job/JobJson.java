package dev.sparkling.pipeline.job;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Encodes and decodes the messages between a worker and its launcher. Equal values give equal text.
 * {@code JobReader} reads the job document, which needs validation.
 */
public final class JobJson {

  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .defaultPropertyInclusion(
              JsonInclude.Value.construct(
                  JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
          .build();

  private static final String CUT = "...";

  private JobJson() {}

  /** Encodes a document with all defaults filled in, indented for people to read. */
  public static String encode(JobDocument job) {
    return encode(job, JSON.valueToTree(job.spec()));
  }

  /**
   * Encodes a document with the spec as the user wrote it, so that the worker takes the fields that
   * it leaves out from the settings that the run was started with.
   */
  public static String encode(JobDocument job, JsonNode spec) {
    ObjectNode document = JSON.valueToTree(job);
    document.set("spec", spec);
    try {
      return JSON.writerWithDefaultPrettyPrinter().writeValueAsString(document) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Encodes progress as one line. */
  public static String encode(Progress progress) {
    return line(progress);
  }

  /**
   * Encodes a result as one line of at most {@link JobResult#LARGEST_BYTES} in UTF-8: the message
   * is truncated to fit. Progress and expansion are dropped if a very long location leaves no room.
   */
  public static String encode(JobResult result) {
    String whole = line(result);
    if (fits(whole)) {
      return whole;
    }
    JobResult bare = fits(line(result.withMessage(CUT))) ? result : result.withoutFigures();
    int least = 0;
    int most = bare.message().codePointCount(0, bare.message().length());
    while (least < most) {
      int middle = (least + most + 1) / 2;
      if (fits(line(cut(bare, middle)))) {
        least = middle;
      } else {
        most = middle - 1;
      }
    }
    return line(cut(bare, least));
  }

  /** Decodes the progress that a trainer returned; empty if the text is something else. */
  public static Optional<Progress> decodeProgress(String text) {
    return decode(text, Progress.class);
  }

  /** Decodes a termination message; empty if it is not a result, such as after a kill. */
  public static Optional<JobResult> decodeResult(String text) {
    return decode(text, JobResult.class);
  }

  private static <T> Optional<T> decode(String text, Class<T> type) {
    try {
      return Optional.ofNullable(JSON.readValue(text, type));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static JobResult cut(JobResult result, int codePoints) {
    String message = result.message();
    int end = message.offsetByCodePoints(0, codePoints);
    return result.withMessage(end == message.length() ? message : message.substring(0, end) + CUT);
  }

  private static boolean fits(String line) {
    return line.getBytes(StandardCharsets.UTF_8).length <= JobResult.LARGEST_BYTES;
  }

  private static String line(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
