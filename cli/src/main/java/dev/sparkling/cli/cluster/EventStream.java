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
 * What a watch says, event by event. Read by a thread of its own, because a connection that is dead
 * without a word would block whoever reads it for ever.
 */
final class EventStream implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private sealed interface Heard {
    record Event(JsonNode event) implements Heard {}

    record End() implements Heard {}
  }

  private final BlockingQueue<Heard> heard = new LinkedBlockingQueue<>();
  private final InputStream body;
  private final long deadline;

  /**
   * Reads from now on.
   *
   * @param patience after which the stream has ended, whatever the server says
   */
  EventStream(InputStream body, Duration patience) {
    this.body = body;
    this.deadline = System.nanoTime() + patience.toNanos();
    Thread.ofVirtual().name("watch").start(this::read);
  }

  /**
   * The next event; empty where the stream has ended, be it well or not: what follows a watch is a
   * list in either case.
   */
  Optional<JsonNode> next() {
    try {
      long left = Math.max(0, deadline - System.nanoTime());
      return heard.poll(left, TimeUnit.NANOSECONDS) instanceof Heard.Event(JsonNode event)
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
          heard.add(new Heard.Event(JSON.readTree(line)));
        }
      }
    } catch (JsonProcessingException e) {
      // Cut off within an event, which the list that follows holds too.
    } catch (IOException e) {
      // Dropped; the same.
    } finally {
      heard.add(new Heard.End());
    }
  }

  @Override
  public void close() {
    try {
      body.close();
    } catch (IOException e) {
      // Nothing is lost: it is only read.
    }
  }
}
