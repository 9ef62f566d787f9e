package dev.sparkling.pipeline.spec.model;

/**
 * The largest values of fields. They are far above those of real models, so that only a typo is
 * rejected, before it exhausts a machine. All arithmetic with them fits in 64 bits.
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
  public static final int GRACE_SECONDS_MIN = 20;
  public static final int GRACE_SECONDS_MAX = 86_400;

  /** Largest number of parameters, which sizes that are each allowed may exceed together. */
  public static final long PARAMETERS = 1_000_000_000_000_000L;

  private Limits() {}
}
