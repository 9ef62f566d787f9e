package dev.sparkling.checkpoint.format;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sparkling.checkpoint.format.Manifest.FileDigest;
import dev.sparkling.checkpoint.model.ModelConfiguration;
import dev.sparkling.checkpoint.model.ModelConfigurationJson;
import dev.sparkling.checkpoint.safetensors.DType;
import dev.sparkling.checkpoint.safetensors.SafetensorsHeader;
import dev.sparkling.checkpoint.safetensors.TensorSpec;
import dev.sparkling.checkpoint.store.ObjectStore;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Writes a checkpoint in one pass: headers, tensors in their order, digests on the fly, the
 * manifest last. There is no checkpoint until {@link #commit} returns; {@link #close} without a
 * commit removes the files. Several threads may write different files at the same time.
 */
public final class CheckpointWriter implements AutoCloseable {

  /** Hugging Face's limit on the size of a file. */
  private static final long MAX_FILE_BYTES = 5_000_000_000L;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectStore store;
  private final String folder;
  private final long maxFileBytes;
  private final Map<String, FileDigest> files = new ConcurrentSkipListMap<>();
  private final boolean resumed;
  private boolean committed;

  /**
   * Starts a checkpoint. A complete or partial checkpoint in the folder is removed, its manifest
   * first.
   *
   * @param folder key of the checkpoint
   * @throws UserError if the folder holds files with other names, which are left alone
   */
  public CheckpointWriter(ObjectStore store, String folder) {
    this(store, folder, MAX_FILE_BYTES);
  }

  CheckpointWriter(ObjectStore store, String folder, long maxFileBytes) {
    this(store, folder, maxFileBytes, false);
    Checkpoints.delete(store, folder);
  }

  private CheckpointWriter(ObjectStore store, String folder, long maxFileBytes, boolean resumed) {
    this.store = store;
    this.folder = folder;
    this.maxFileBytes = maxFileBytes;
    this.resumed = resumed;
    CheckpointFiles.checkNoOtherFiles(store, folder);
  }

  /**
   * Resumes a checkpoint. The caller must ensure that the files in the folder belong to it. Closing
   * without a commit keeps them.
   */
  public static CheckpointWriter resume(ObjectStore store, String folder) {
    return new CheckpointWriter(store, folder, MAX_FILE_BYTES, true);
  }

  /** Writes all tensors of a kind. */
  public void writeTensors(FileKind kind, TensorSequence tensors) {
    List<PlannedFile> planned = plan(kind, tensors.tensors());
    for (PlannedFile file : planned) {
      writeTensorFile(file, tensors);
    }
    writeIndex(kind, planned);
  }

  /** One of the files that the tensors of a kind are written to. */
  public record PlannedFile(String name, List<TensorSpec> tensors) {
    public PlannedFile {
      tensors = List.copyOf(tensors);
    }
  }

  /** Distributes the tensors of a kind over files. */
  public List<PlannedFile> plan(FileKind kind, List<TensorSpec> tensors) {
    List<List<TensorSpec>> cut = cut(tensors);
    List<PlannedFile> planned = new ArrayList<>();
    for (List<TensorSpec> together : cut) {
      planned.add(new PlannedFile(kind.fileName(planned.size() + 1, cut.size()), together));
    }
    return planned;
  }

  /**
   * Writes a file.
   *
   * @param tensors sequence whose next tensors are those of the file
   */
  public FileDigest writeTensorFile(PlannedFile file, TensorSequence tensors) {
    SafetensorsHeader header = SafetensorsHeader.layOut(file.tensors(), Map.of("format", "pt"));
    String key = folder + "/" + file.name();
    FileDigest written;
    try (DigestedUpload upload =
        new DigestedUpload(resumed ? store.resume(key) : store.create(key))) {
      upload.write(MemorySegment.ofArray(header.encode()));
      for (TensorSpec tensor : file.tensors()) {
        long left = tensor.bytes();
        while (left > 0) {
          MemorySegment values = tensors.next();
          if (values.byteSize() > left) {
            throw new IllegalStateException(
                tensor.name() + ": " + values.byteSize() + " bytes; expected " + left);
          }
          upload.write(values);
          left -= values.byteSize();
        }
      }
      written = new FileDigest(header.fileBytes(), upload.commit());
    }
    files.put(file.name(), written);
    return written;
  }

  /**
   * Keeps a file that an earlier attempt wrote.
   *
   * @return whether it exists with the same size
   */
  public boolean keep(PlannedFile file, FileDigest known) {
    boolean there =
        store
            .find(folder + "/" + file.name())
            .filter(object -> object.size() == known.size())
            .isPresent();
    if (there) {
      files.put(file.name(), known);
    }
    return there;
  }

  /** Writes the index that Hugging Face needs to find weights in several files. */
  public void writeIndex(FileKind kind, List<PlannedFile> planned) {
    if (kind != FileKind.MODEL) {
      return;
    }
    ObjectNode weightMap = JSON.createObjectNode();
    long bytes = 0;
    for (PlannedFile file : planned) {
      for (TensorSpec tensor : file.tensors()) {
        weightMap.put(tensor.name(), file.name());
        bytes += tensor.bytes();
      }
    }
    ObjectNode index = JSON.createObjectNode();
    index.putObject("metadata").put("total_size", bytes);
    index.set("weight_map", weightMap);
    writeFile(
        CheckpointFiles.INDEX, (index.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Writes {@code config.json} for 32-bit floats. */
  public void writeConfiguration(ModelConfiguration model) {
    writeConfiguration(model, DType.F32);
  }

  /** Writes {@code config.json}. */
  public void writeConfiguration(ModelConfiguration model, DType type) {
    writeFile(CheckpointFiles.CONFIGURATION, ModelConfigurationJson.encode(model, type));
  }

  /** Writes a small file. */
  public void writeFile(String name, byte[] bytes) {
    if (!CheckpointFiles.owns(name)) {
      throw new IllegalArgumentException(name + " does not belong to a checkpoint");
    }
    store.write(folder + "/" + name, bytes);
    files.put(name, new FileDigest(bytes.length, Sha256.hex(bytes)));
  }

  /** Writes {@code trainer-state.json} and the manifest, which completes the checkpoint. */
  public Manifest commit(TrainerState state) {
    writeFile(TrainerState.NAME, state.encode());
    return commit(state.step(), state.tokens());
  }

  /** Writes the manifest of a checkpoint without trainer state. */
  public Manifest commitWeights() {
    return commit(0, 0);
  }

  /** Keeps the files without a manifest, as a Hugging Face folder. */
  public void leaveWithoutManifest() {
    committed = true;
  }

  private Manifest commit(long step, long tokens) {
    Manifest manifest = new Manifest(Manifest.FORMAT, Manifest.VERSION, step, tokens, files);
    store.write(folder + "/" + Manifest.NAME, manifest.encode());
    committed = true;
    return manifest;
  }

  /** Removes all files and unfinished uploads. */
  public void discard() {
    Checkpoints.delete(store, folder);
    // MinIO finds unfinished uploads only by their whole keys.
    files.keySet().forEach(name -> store.discardUnfinished(folder + "/" + name));
  }

  @Override
  public void close() {
    if (!committed && !resumed) {
      CheckpointFiles.keys(store, folder).forEach(store::delete);
    }
  }

  private List<List<TensorSpec>> cut(List<TensorSpec> tensors) {
    List<List<TensorSpec>> files = new ArrayList<>();
    long filled = Long.MAX_VALUE;
    for (TensorSpec tensor : tensors) {
      if (filled > maxFileBytes - tensor.bytes()) {
        files.add(new ArrayList<>());
        filled = 0;
      }
      files.getLast().add(tensor);
      filled += tensor.bytes();
    }
    return files;
  }
}
