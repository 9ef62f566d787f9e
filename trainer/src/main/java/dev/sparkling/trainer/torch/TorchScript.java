package dev.sparkling.trainer.torch;

import ai.djl.ndarray.NDArray;
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
import java.util.List;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A compiled TorchScript module. TorchScript can call every ATen operator, of which DJL wraps only
 * some. Functions run without autograd, because the backward passes are written by hand. Functions
 * are called by name only in classes that have a typed Java method for each of them. libtorch loads
 * a module from a zip file with uncompressed entries; source of the format: PyTorch's
 * torch/csrc/jit/serialization/import.cpp.
 */
public final class TorchScript {

  /** Name of the class that every script defines, with its functions as methods. */
  private static final String CLASS_NAME = "Functions";

  private final PtSymbolBlock module;

  private TorchScript(PtSymbolBlock module) {
    this.module = module;
  }

  /**
   * Compiles a script.
   *
   * @param manager owner of the module
   * @param owner class in whose package the resource is
   * @param resource file name of the script
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
   * Calls a function that modifies its arguments.
   *
   * @param arguments {@link NDArray}, {@code List<NDArray>}, Long or Integer, Double, Boolean,
   *     long[] (a list of integers)
   */
  public void call(String function, Object... arguments) {
    run(function, arguments, _ -> List.of());
  }

  /**
   * Calls a function that returns one tensor.
   *
   * @param results owner of the tensor
   * @param arguments as for {@link #call}
   */
  public NDArray callForTensor(NDManager results, String function, Object... arguments) {
    return callForTensors(results, function, arguments).getFirst();
  }

  /**
   * Calls a function that returns a list or a tuple of tensors.
   *
   * @param results owner of the tensors
   * @param arguments as for {@link #call}
   */
  public List<NDArray> callForTensors(NDManager results, String function, Object... arguments) {
    return run(function, arguments, result -> result.toNDList((PtNDManager) results));
  }

  private interface Returned {
    List<NDArray> of(IValue result);
  }

  private List<NDArray> run(String function, Object[] arguments, Returned returned) {
    IValue[] values = new IValue[arguments.length];
    try {
      for (int i = 0; i < arguments.length; i++) {
        values[i] = value(arguments[i]);
      }
      try (IValue result = IValueUtils.runMethod(module, function, values)) {
        return returned.of(result);
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
      case List<?> list ->
          IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
      case Long number -> IValue.from(number);
      case Integer number -> IValue.from(number.longValue());
      case Double number -> IValue.from(number);
      case Boolean flag -> IValue.from(flag);
      case long[] numbers -> IValue.listFrom(numbers);
      default -> throw new IllegalArgumentException("not a TorchScript value: " + argument);
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
