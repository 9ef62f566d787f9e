package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Our own operators, written in TorchScript, which reaches every ATen operator and not only those
 * that DJL wraps. An archive is a zip of stored entries; source: PyTorch's
 * torch/csrc/jit/serialization/import.cpp. Methods run without autograd: backward passes are ours.
 */
public final class TorchScript {

  /** The class that a script's text defines. */
  private static final String CLASS_NAME = "Kernels";

  private final PtSymbolBlock module;

  private TorchScript(PtSymbolBlock module) {
    this.module = module;
  }

  /**
   * Compiles a script.
   *
   * @param manager owns the module
   * @param owner the class beside whose resources the script is
   * @param resource name of the script's file
   */
  public static TorchScript load(NDManager manager, Class<?> owner, String resource) {
    try (InputStream in = owner.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException("no resource " + resource + " beside " + owner);
      }
      ByteArrayInputStream archive = new ByteArrayInputStream(archive(in.readAllBytes()));
      return new TorchScript(JniUtils.loadModule((PtNDManager) manager, archive, false, false));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Calls a method of the script.
   *
   * @param results owns the arrays that it returns
   * @param arguments {@link NDArray}, {@link NDList} (a list of tensors), Long or Integer, Double,
   *     Boolean, long[] (a list of integers)
   * @return the tensor or tensors that it returns; empty where it returns none
   */
  public NDList call(NDManager results, String method, Object... arguments) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      try (IValue result = IValueUtils.runMethod(module, method, values)) {
        return result.isTensor() || result.isTensorList() || result.isTuple()
            ? result.toNDList((PtNDManager) results)
            : new NDList();
      }
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    return switch (argument) {
      case NDArray array -> IValue.from((PtNDArray) array);
      case NDList list ->
          IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
      case Long number -> IValue.from(number);
      case Integer number -> IValue.from(number.longValue());
      case Double number -> IValue.from(number);
      case Boolean flag -> IValue.from(flag);
      case long[] numbers -> IValue.listFrom(numbers);
      default -> throw new IllegalArgumentException("no TorchScript value: " + argument);
    };
  }

  private static byte[] archive(byte[] code) throws IOException {
    // Pickle protocol 2 of an object of the script's class with the state {"training": False}.
    byte[] object =
        ("\u0080\u0002c__torch__\n" + CLASS_NAME + "\n)\u0081}X\u0008\0\0\0training\u0089sb.")
            .getBytes(StandardCharsets.ISO_8859_1);
    byte[] emptyTuple = "\u0080\u0002).".getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "data.pkl", object);
      store(zip, "code/__torch__.py", code);
      store(zip, "constants.pkl", emptyTuple);
      store(zip, "version", "3\n".getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry("archive/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
