package dev.sparkling.pipeline.spec.model;

/**
 * The most that a field can say. Far above what anybody trains, so that a slip of the keyboard is
 * named before it takes a machine down, and all arithmetic with these numbers fits 64 bits.
 */
public final class Limits {

  public static final int WIDTH = 1 << 18;
  public static final int LAYERS = 1 << 10;
  public static final int HEADS = 1 << 14;
  public static final int HEAD_DIM = 1 << 14;
  public static final int EXPERTS = 1 << 10;
  public static final int VOCABULARY = 1 << 24;
  public static final int SEQUENCE_LENGTH = 1 << 24;
  public static final int BATCH = 1 << 24;
  public static final long TOKENS = 10_000_000_000_000_000L;
  public static final int THREADS = 1024;
  public static final int RETRIES = 1000;

  /** Of one model; the widths together can say more than any of them. */
  public static final long PARAMETERS = 1_000_000_000_000_000L;

  private Limits() {}
}
