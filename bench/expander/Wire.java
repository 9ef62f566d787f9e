import dev.sparkling.checkpoint.store.FolderObjectStore;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.checkpoint.store.ObjectStores;
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.checkpoint.store.S3Access;
import dev.sparkling.checkpoint.store.StoreUri;
import dev.sparkling.checkpoint.store.StoredObject;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Measures the store alone, with the expander's request sizes and concurrency: copy FOLDER URI; put FOLDER
 * URI, which sends the size of the folder's files from memory; get URI. Prints bytes and seconds.
 */
public final class Wire {

  private static final int REQUEST_BYTES = 16 << 20;
  private static final int CONCURRENCY = 16;

  public static void main(String[] arguments) throws Exception {
    try (ObjectStore store = open(arguments[arguments.length - 1])) {
      long start = System.nanoTime();
      long bytes =
          arguments[0].equals("get")
              ? get(store)
              : put(Path.of(arguments[1]), store, arguments[0].equals("copy"));
      System.out.printf("%d %.3f%n", bytes, (System.nanoTime() - start) / 1e9);
    }
  }

  private static ObjectStore open(String uri) {
    return ObjectStores.open(
        StoreUri.parse("uri", uri), () -> S3Access.fromEnvironment(System.getenv()));
  }

  private static long put(Path folder, ObjectStore store, boolean copied) {
    long bytes = 0;
    try (FolderObjectStore files = new FolderObjectStore(folder);
        Arena arena = Arena.ofConfined()) {
      MemorySegment buffer = arena.allocate(REQUEST_BYTES, Long.BYTES);
      Random random = new Random(1);
      for (long at = 0; at < REQUEST_BYTES; at += Long.BYTES) {
        buffer.set(ValueLayout.JAVA_LONG, at, random.nextLong());
      }
      for (StoredObject file : files.list("")) {
        try (ObjectUpload upload = store.create(file.key())) {
          for (long done = 0; done < file.size(); done += REQUEST_BYTES) {
            MemorySegment part =
                buffer.asSlice(0, Math.min(REQUEST_BYTES, file.size() - done));
            if (copied) {
              files.read(file, done, part);
            }
            upload.write(part);
          }
          upload.commit();
        }
        bytes += file.size();
      }
    }
    return bytes;
  }

  private static long get(ObjectStore store) throws Exception {
    long bytes = 0;
    Semaphore permits = new Semaphore(CONCURRENCY);
    List<Future<?>> reads = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (StoredObject file : store.list("")) {
        for (long done = 0; done < file.size(); done += REQUEST_BYTES) {
          long offset = done;
          long length = Math.min(REQUEST_BYTES, file.size() - done);
          permits.acquire();
          reads.add(
              threads.submit(
                  () -> {
                    try (Arena arena = Arena.ofConfined()) {
                      store.read(file, offset, arena.allocate(length));
                    } finally {
                      permits.release();
                    }
                  }));
        }
        bytes += file.size();
      }
    }
    for (Future<?> read : reads) {
      read.get();
    }
    return bytes;
  }
}
