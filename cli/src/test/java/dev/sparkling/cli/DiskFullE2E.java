package dev.sparkling.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

/** A disk of 1 MiB. Needs root, to mount one in memory. */
class DiskFullE2E {

  @TempDir private Path folder;

  private Path disk;

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    disk = Files.createDirectories(folder.resolve("disk"));
    if (execute("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk.toString()) != 0) {
      System.out.println("SKIPPED: the test of a full disk needs root, to mount a small one");
      throw new TestAbortedException("cannot mount a small disk");
    }
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    execute("umount", disk.toString());
  }

  @Test
  void fullDiskIsNamedAndNothingIsHalfWritten() throws IOException {
    TinyRun tiny = TinyRun.prepare(folder);
    Cli.Result run = Cli.run("run", tiny.resource("layers: 2", "layers: 4"), "--store", disk);
    assertThat(run.exitCode()).isEqualTo(2);
    assertThat(run.errorLines())
        .singleElement()
        .asString()
        .startsWith(disk.toString())
        .endsWith(": the disk is full; free some space or choose another place");
    try (var files = Files.walk(disk.resolve("narrow/checkpoints"))) {
      // Whole checkpoints may be there; parts of one, or partial files, may not.
      List<Path> left = files.filter(Files::isRegularFile).toList();
      assertThat(left).noneMatch(file -> file.getFileName().toString().startsWith("."));
      assertThat(left).allMatch(file -> Files.exists(file.resolveSibling("manifest.json")));
    }
  }

  private static int execute(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }
}
