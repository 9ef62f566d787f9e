package dev.sparkling.cli;

import java.nio.file.Path;

/** Where shards of remote datasets are kept on this machine, by fingerprint. */
final class DataCache {

  private DataCache() {}

  static Path folder() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path root =
        cache == null || cache.isBlank()
            ? Path.of(
                System.getenv().getOrDefault("HOME", System.getProperty("user.home")), ".cache")
            : Path.of(cache);
    return root.resolve("sparkling").resolve("data");
  }
}
