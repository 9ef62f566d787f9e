package dev.sparkling.cli.cluster;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sparkling.pipeline.error.TransientError;
import java.time.Duration;
import java.util.Optional;

/**
 * Follows runs. A list comes first, then a watch from there; when the watch ends, by its window or
 * by an accident, a list again, which holds whatever was missed and ages that are up to date.
 */
public final class RunWatch {

  /** Hears what happens; the same may be said more than once. */
  public interface Listener {
    /** How everything stands; false where enough is known. */
    boolean listed(ServerTable table);

    /** One run is new or changed; false where enough is known. */
    boolean changed(ServerTable.Row run);

    /** One run is gone; false where enough is known. */
    boolean deleted(ServerTable.Row run);

    /** The cluster does not answer; it is asked again. */
    void interrupted(TransientError problem);
  }

  /**
   * How often the cluster is asked.
   *
   * @param window of one watch
   * @param pause between two tries, at least
   * @param patience with a cluster that does not answer, in all
   */
  public record Pace(Duration window, Duration pause, Duration patience) {
    /** Ages on a terminal may be as old as a window. */
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
   * Returns when the listener has heard enough.
   *
   * @throws TransientError where the first list fails, or no other comes for too long
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
          return true; // such as 410: what came after the list is no longer known
        }
        for (ServerTable.Row run : ServerTable.rows(event.get().path("object"))) {
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
