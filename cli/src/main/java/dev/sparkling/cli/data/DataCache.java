package dev.sparkling.cli.data;

import java.nio.file.Path;

/** The cache folder for remote shards, shared by all runs of a user on this machine. */
public final class DataCache {

  private DataCache() {}

  public static Path folder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isBlank()
            ? Path.of(
                System.getenv().getOrDefault("HOME", System.getProperty("user.home")), ".cache")
            : Path.of(cache);
    return root.resolve("sparkling").resolve("data");
  }
}
