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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/** Full disks. Needs root, to mount small ones in memory. */
class DiskFullE2E {

  @TempDir private Path folder;

  private Path disk;

  @BeforeEach
  void makeFolder() throws IOException {
    disk = Files.createDirectories(folder.resolve("disk"));
  }

  private void mount(String size) throws IOException, InterruptedException {
    if (execute("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", disk.toString()) != 0) {
      System.out.println("SKIPPED: the test of a full disk needs root, to mount a small one");
      throw new TestAbortedException("cannot mount a small disk");
    }
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    execute("umount", disk.toString());
  }

  @Test
  void fullDiskIsNamedAndNothingIsHalfWritten() throws IOException, InterruptedException {
    mount("1m");
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

  @ParameterizedTest
  @ValueSource(strings = {"16k", "64k", "128k", "256k", "384k"})
  void fullDiskLeavesNothingOfAnExpansion(String size) throws IOException, InterruptedException {
    mount(size);
    TinyRun tiny = TinyRun.prepare(folder);
    assertThat(Cli.run("run", tiny.resource()).exitCode()).isZero();
    Cli.Result result =
        Cli.run(
            "expand",
            "--from",
            tiny.checkpoint("narrow", 12),
            "--to",
            disk.resolve("wide"),
            "--hidden-size",
            32);
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .singleElement()
        .asString()
        .startsWith("--to " + disk)
        .endsWith(": the disk is full; free some space or choose another place");
    try (var files = Files.walk(disk)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"4k", "8k", "12k", "16k", "24k", "32k"})
  void fullDiskLeavesNothingOfADataset(String size) throws IOException, InterruptedException {
    mount(size);
    TinyRun tiny = new TinyRun(folder);
    tiny.writeTexts();
    Cli.Result result = Cli.run(tiny.preparation(disk));
    assertThat(result.exitCode()).isEqualTo(2);
    assertThat(result.errorLines())
        .singleElement()
        .asString()
        .startsWith(disk.toString())
        .endsWith(": the disk is full; free some space or choose another place");
    try (var files = Files.walk(disk)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  private static int execute(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor();
  }
}
