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
import dev.sparkling.checkpoint.store.ObjectUpload;
import dev.sparkling.pipeline.error.UserError;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a checkpoint: headers first, tensors as they come, digests on the way, the manifest last.
 * Until {@link #commit} returns there is no checkpoint; {@link #close} without it removes the
 * files.
 */
public final class CheckpointWriter implements AutoCloseable {

  /** Hugging Face's limit on a file, which keeps single objects manageable. */
  private static final long LARGEST_FILE = 5_000_000_000L;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final ObjectStore store;
  private final String folder;
  private final long largestFile;
  private final Map<String, FileDigest> files = new LinkedHashMap<>();
  private boolean committed;

  /**
   * Begins a checkpoint; one that stood in the folder, or parts of one, are removed, the manifest
   * first.
   *
   * @param folder key of the checkpoint
   * @throws UserError where the folder holds anything else, which stays as it is
   */
  public CheckpointWriter(ObjectStore store, String folder) {
    this(store, folder, LARGEST_FILE);
  }

  CheckpointWriter(ObjectStore store, String folder, long largestFile) {
    this.store = store;
    this.folder = folder;
    this.largestFile = largestFile;
    CheckpointFiles.checkNothingForeign(store, folder);
    Checkpoints.delete(store, folder);
  }

  /** Writes all tensors of a kind. */
  public void writeTensors(FileKind kind, TensorSequence tensors) {
    List<List<TensorSpec>> shards = shards(tensors.tensors());
    ObjectNode weightMap = JSON.createObjectNode();
    long bytes = 0;
    for (int i = 0; i < shards.size(); i++) {
      String name = kind.fileName(i + 1, shards.size());
      writeShard(name, shards.get(i), tensors);
      for (TensorSpec tensor : shards.get(i)) {
        weightMap.put(tensor.name(), name);
        bytes += tensor.bytes();
      }
    }
    if (kind == FileKind.MODEL) {
      ObjectNode index = JSON.createObjectNode();
      index.putObject("metadata").put("total_size", bytes);
      index.set("weight_map", weightMap);
      writeFile(
          CheckpointFiles.INDEX, (index.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8));
    }
  }

  /** Writes {@code config.json} of a model of 32-bit floats. */
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
      throw new IllegalArgumentException(name + " is no file of a checkpoint");
    }
    store.write(folder + "/" + name, bytes);
    files.put(name, new FileDigest(bytes.length, Sha256.hex(bytes)));
  }

  /** Writes {@code trainer-state.json} and then the manifest: now the checkpoint exists. */
  public Manifest commit(TrainerState state) {
    writeFile(TrainerState.NAME, state.encode());
    return commit(state.step(), state.tokens());
  }

  /** Writes the manifest of weights alone, which no trainer has begun to train. */
  public Manifest commitWeights() {
    return commit(0, 0);
  }

  /** Leaves weights without a manifest: a Hugging Face folder, and no checkpoint of ours. */
  public void leaveWithoutManifest() {
    committed = true;
  }

  private Manifest commit(long step, long tokens) {
    Manifest manifest = new Manifest(Manifest.FORMAT, Manifest.VERSION, step, tokens, files);
    store.write(folder + "/" + Manifest.NAME, manifest.encode());
    committed = true;
    return manifest;
  }

  @Override
  public void close() {
    if (!committed) {
      CheckpointFiles.keys(store, folder).forEach(store::delete);
    }
  }

  private void writeShard(String name, List<TensorSpec> shard, TensorSequence tensors) {
    SafetensorsHeader header = SafetensorsHeader.layOut(shard, Map.of("format", "pt"));
    Sha256 digest = new Sha256();
    try (ObjectUpload upload = store.create(folder + "/" + name)) {
      write(MemorySegment.ofArray(header.encode()), upload, digest);
      for (TensorSpec tensor : shard) {
        long left = tensor.bytes();
        while (left > 0) {
          MemorySegment values = tensors.next();
          if (values.byteSize() > left) {
            throw new IllegalStateException(
                tensor.name() + ": " + values.byteSize() + " bytes; expected " + left);
          }
          write(values, upload, digest);
          left -= values.byteSize();
        }
      }
      upload.commit();
    }
    files.put(name, new FileDigest(header.fileBytes(), digest.hex()));
  }

  private static void write(MemorySegment bytes, ObjectUpload upload, Sha256 digest) {
    upload.write(bytes);
    digest.update(bytes);
  }

  private List<List<TensorSpec>> shards(List<TensorSpec> tensors) {
    List<List<TensorSpec>> shards = new ArrayList<>();
    long filled = Long.MAX_VALUE;
    for (TensorSpec tensor : tensors) {
      if (filled > largestFile - tensor.bytes()) {
        shards.add(new ArrayList<>());
        filled = 0;
      }
      shards.getLast().add(tensor);
      filled += tensor.bytes();
    }
    return shards;
  }
}
