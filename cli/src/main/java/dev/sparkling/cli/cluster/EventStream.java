package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.sparkling.pipeline.error.TransientError;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * The events of a watch. A separate thread reads them, because a dead connection can block its
 * reader forever.
 */
final class EventStream implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private sealed interface Item {
    record WatchEvent(JsonNode event) implements Item {}

    record StreamEnd() implements Item {}
  }

  private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();
  private final InputStream body;
  private final long deadline;

  /**
   * Starts reading.
   *
   * @param patience time after which the stream counts as ended
   */
  EventStream(InputStream body, Duration patience) {
    this.body = body;
    this.deadline = System.nanoTime() + patience.toNanos();
    Thread.ofVirtual().name("watch").start(this::read);
  }

  /**
   * Waits for the next event; empty if the stream has ended or failed, after which the caller lists
   * again.
   */
  Optional<JsonNode> next() {
    try {
      long left = Math.max(0, deadline - System.nanoTime());
      return items.poll(left, TimeUnit.NANOSECONDS) instanceof Item.WatchEvent(JsonNode event)
          ? Optional.of(event)
          : Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientError("watch: interrupted", e);
    }
  }

  private void read() {
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.isBlank()) {
          items.add(new Item.WatchEvent(JSON.readTree(line)));
        }
      }
    } catch (JsonProcessingException e) {
      // The stream ended within an event; the next list includes its result.
    } catch (IOException e) {
      // The connection was lost; the next list includes the missed events.
    } finally {
      items.add(new Item.StreamEnd());
    }
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      // Nothing is lost, because the stream is only read.
    }
  }
}
