package dev.sparkling.pipeline.stage;

/**
 * A stage that waits until a person has acted.
 *
 * @param reason reason in one word, such as CredentialsRefused
 */
public record Hold(String reason, String message, State state) {

  /** Progress of a hold. */
  public enum State {
    /** The cause is still there, as far as is known. */
    WAITING,
    /** The stage may resume, but its former worker has not been removed yet. */
    ENDING,
    /** The stage may resume, and its former worker is gone. */
    ENDED
  }
}
