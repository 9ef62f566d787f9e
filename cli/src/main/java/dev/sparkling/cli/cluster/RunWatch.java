package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sparkling.pipeline.error.TransientError;
import java.time.Duration;
import java.util.Optional;

/**
 * Follows runs: a list, then a watch from there. When the watch ends, at its window's end or by an
 * error, another list follows, with everything that was missed and current ages.
 */
public final class RunWatch {

  /** Receives changes, some of them more than once; false as an answer ends the watch. */
  public interface Listener {
    /** All runs as they are now. */
    boolean listed(ServerTable table);

    /** One run is new or has changed. */
    boolean changed(ServerTable.TableRow run);

    /** One run was deleted. */
    boolean deleted(ServerTable.TableRow run);

    /** The cluster does not answer; the next list is another attempt. */
    void interrupted(TransientError problem);
  }

  /**
   * Times of the requests.
   *
   * @param window duration of one watch
   * @param pause shortest time between two lists
   * @param patience how long a cluster may not answer before the watch fails
   */
  public record Pace(Duration window, Duration pause, Duration patience) {
    /** The pace for a window, which bounds how old the ages on a terminal can be. */
    public static Pace of(Duration window) {
      return new Pace(window, Duration.ofSeconds(1), Duration.ofMinutes(5));
    }
  }

  private final Runs runs;
  private final Pace pace;

  public RunWatch(Runs runs, Pace pace) {
    this.runs = runs;
    this.pace = pace;
  }

  /**
   * Follows the runs until the listener ends it.
   *
   * @throws TransientError if the first list fails, or all attempts fail for too long
   */
  public void follow(Listener listener) {
    ServerTable table = runs.table();
    long answered = System.nanoTime();
    while (true) {
      long begin = System.nanoTime();
      try {
        if (table == null) {
          table = runs.table();
        }
        answered = System.nanoTime();
        if (!listener.listed(table) || !watch(table.resourceVersion(), listener)) {
          return;
        }
      } catch (TransientError e) {
        if (System.nanoTime() - answered > pace.patience().toNanos()) {
          throw e;
        }
        listener.interrupted(e);
      }
      table = null;
      pauseSince(begin);
    }
  }

  private boolean watch(String resourceVersion, Listener listener) {
    try (EventStream events = runs.watch(resourceVersion, pace.window())) {
      for (Optional<JsonNode> event = events.next(); event.isPresent(); event = events.next()) {
        String type = event.get().path("type").asText();
        if (type.equals("ERROR")) {
          return true; // such as 410: the server no longer has the events since the list
        }
        for (ServerTable.TableRow run : ServerTable.rows(event.get().path("object"))) {
          boolean more = type.equals("DELETED") ? listener.deleted(run) : listener.changed(run);
          if (!more) {
            return false;
          }
        }
      }
      return true;
    }
  }

  private void pauseSince(long begin) {
    try {
      long left = pace.pause().toNanos() - (System.nanoTime() - begin);
      if (left > 0) {
        Thread.sleep(Duration.ofNanos(left));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TransientError("watch: interrupted", e);
    }
  }
}
