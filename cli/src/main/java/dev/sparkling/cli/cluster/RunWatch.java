package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sparkling.pipeline.error.TransientError;
import java.time.Duration;
import java.util.Optional;

/**
 * Follows runs with a list and a watch that starts at the list's resource version. When the watch
 * ends or fails, the runs are listed again, which picks up missed changes and refreshes the ages.
 */
public final class RunWatch {

  /** Receives changes, some of them more than once; returning false ends the watch. */
  public interface Listener {
    /** Called with all current runs. */
    boolean listed(ServerTable table);

    /** Called when a run is new or has changed. */
    boolean changed(ServerTable.TableRow run);

    /** Called when a run was deleted. */
    boolean deleted(ServerTable.TableRow run);

    /** Called when the cluster does not answer; the next list is another attempt. */
    void interrupted(TransientError problem);
  }

  /**
   * Timing of the requests.
   *
   * @param window duration of one watch
   * @param pause minimum time between two lists
   * @param patience time without an answer after which the watch fails
   */
  public record Pace(Duration window, Duration pause, Duration patience) {
    /** Returns the pace for a watch window. Ages on a terminal are refreshed once per window. */
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
   * Follows the runs until the listener ends the watch.
   *
   * @throws TransientError if the first list fails, or if no list has succeeded for longer than
   *     {@code patience}
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
