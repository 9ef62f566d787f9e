import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * A minimal S3 server over TLS. Workers run against it while their images are built, so that their
 * AOT caches have the classes that a start with a real store needs. It accepts every signature.
 *
 * <pre>java Store.java FOLDER KEYSTORE PASSWORD: prints its port, and serves until its input ends</pre>
 */
public final class Store {

  private final Path folder;

  private Store(Path folder) {
    this.folder = folder;
  }

  public static void main(String[] arguments) throws Exception {
    char[] password = arguments[2].toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(KeyStore.getInstance(Path.of(arguments[1]).toFile(), password), password);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls));
    server.setExecutor(Executors.newCachedThreadPool());
    Store store = new Store(Path.of(arguments[0]));
    server.createContext("/", store::answer);
    server.start();
    Files.createDirectories(store.folder.resolve("rehearsal"));
    System.out.println(server.getAddress().getPort());
    System.in.readAllBytes();
    System.exit(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath().substring(1);
      Map<String, String> query = query(exchange.getRequestURI().getRawQuery());
      Path file = folder.resolve(path);
      switch (exchange.getRequestMethod()) {
        case "GET" -> {
          if (query.containsKey("list-type")) {
            list(exchange, folder.resolve(path.replaceAll("/$", "")), query.get("prefix"));
          } else {
            read(exchange, file);
          }
        }
        case "HEAD" -> {
          if (Files.isDirectory(file)) { // a bucket
            exchange.sendResponseHeaders(200, -1);
          } else {
            read(exchange, file);
          }
        }
        case "PUT" -> write(exchange, file);
        case "DELETE" -> {
          Files.deleteIfExists(file);
          exchange.sendResponseHeaders(204, -1);
        }
        default -> exchange.sendResponseHeaders(501, -1);
      }
    } catch (IOException | RuntimeException e) {
      e.printStackTrace();
      throw e;
    }
  }

  private synchronized void write(HttpExchange exchange, Path file) throws IOException {
    byte[] body = body(exchange);
    boolean exists = Files.isRegularFile(file);
    String expected = exchange.getRequestHeaders().getFirst("If-Match");
    if (exists
        ? exchange.getRequestHeaders().containsKey("If-None-Match")
            || (expected != null && !expected.equals(tag(file)))
        : expected != null) {
      refuse(exchange, 412, "PreconditionFailed");
      return;
    }
    Files.createDirectories(file.getParent());
    Files.write(file, body);
    exchange.getResponseHeaders().set("ETag", tag(file));
    exchange.sendResponseHeaders(200, -1);
  }

  private static void refuse(HttpExchange exchange, int status, String code) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    byte[] body =
        "<Error><Code>%s</Code></Error>".formatted(code).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    exchange.sendResponseHeaders(status, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  private static void read(HttpExchange exchange, Path file) throws IOException {
    boolean head = exchange.getRequestMethod().equals("HEAD");
    if (!Files.isRegularFile(file)) {
      refuse(exchange, 404, "NoSuchKey");
      return;
    }
    byte[] bytes = Files.readAllBytes(file);
    exchange.getResponseHeaders().set("ETag", tag(file));
    exchange.getResponseHeaders().set("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
    String range = exchange.getRequestHeaders().getFirst("Range");
    if (head) {
      exchange.getResponseHeaders().set("Content-Length", Integer.toString(bytes.length));
      exchange.sendResponseHeaders(200, -1);
    } else if (range == null) {
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    } else {
      String[] ends = range.substring("bytes=".length()).split("-");
      int end = ends.length < 2 ? bytes.length - 1 : Integer.parseInt(ends[1]);
      byte[] part = Arrays.copyOfRange(bytes, Integer.parseInt(ends[0]), end + 1);
      exchange.sendResponseHeaders(206, part.length);
      exchange.getResponseBody().write(part);
    }
  }

  private void list(HttpExchange exchange, Path bucket, String prefix) throws IOException {
    StringBuilder text =
        new StringBuilder("<ListBucketResult><Name>%s</Name><Prefix>%s</Prefix><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>"
                .formatted(bucket.getFileName(), prefix));
    if (Files.isDirectory(bucket)) {
      try (var files = Files.walk(bucket)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          String key = bucket.relativize(file).toString();
          if (key.startsWith(prefix)) {
            text.append("<Contents><Key>%s</Key>".formatted(key))
                .append("<LastModified>2026-01-01T00:00:00.000Z</LastModified>")
                .append("<ETag>%s</ETag>".formatted(tag(file).replace("\"", "&quot;")))
                .append("<Size>%d</Size></Contents>".formatted(Files.size(file)));
          }
        }
      }
    }
    byte[] body = text.append("</ListBucketResult>").toString().getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    exchange.sendResponseHeaders(200, body.length);
    exchange.getResponseBody().write(body);
  }

  /** Returns the request's body, which may be sent in signed chunks. */
  private static byte[] body(HttpExchange exchange) throws IOException {
    byte[] bytes = exchange.getRequestBody().readAllBytes();
    String hash = exchange.getRequestHeaders().getFirst("x-amz-content-sha256");
    if (hash == null || !hash.startsWith("STREAMING-")) {
      return bytes;
    }
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    int at = 0;
    while (true) {
      int end = at;
      while (bytes[end] != '\r') {
        end++;
      }
      String line = new String(bytes, at, end - at, StandardCharsets.US_ASCII);
      int size = Integer.parseInt(line.split(";")[0], 16);
      if (size == 0) {
        return body.toByteArray();
      }
      body.write(bytes, end + 2, size);
      at = end + 2 + size + 2;
    }
  }

  private static String tag(Path file) throws IOException {
    return "\"" + Integer.toHexString(Arrays.hashCode(Files.readAllBytes(file))) + "\"";
  }

  private static Map<String, String> query(String text) {
    Map<String, String> query = new HashMap<>();
    for (String part : text == null ? List.<String>of() : List.of(text.split("&"))) {
      String[] pair = part.split("=", 2);
      query.put(pair[0], URLDecoder.decode(pair.length < 2 ? "" : pair[1], StandardCharsets.UTF_8));
    }
    return query;
  }
}
