import java.io.FileInputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** Inspects the lab from inside a pod; with the argument "serve", answers connections instead. */
final class Probe {

  private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 1 && arguments[0].equals("serve")) {
      serve();
    }
    System.out.println("user " + Files.getAttribute(Files.createTempFile("probe", ""), "unix:uid"));
    System.out.println("processors " + Runtime.getRuntime().availableProcessors());
    System.out.println("heap MiB " + (Runtime.getRuntime().maxMemory() >> 20));
    lookUp("kubernetes.default.svc");
    lookUp("minio.storage.svc.cluster.local");
    System.out.println("minio " + get("https://minio.storage.svc:9000/minio/health/ready",
        Path.of("/probe/minio-ca.crt"), null));
    System.out.println("api " + get("https://kubernetes.default.svc/api/v1/pods",
        ACCOUNT.resolve("ca.crt"), Files.readString(ACCOUNT.resolve("token"))));
    try (Socket echo = new Socket("echo", 8080)) {
      System.out.println("echo " + new String(echo.getInputStream().readAllBytes()));
    }
  }

  private static void serve() throws Exception {
    try (ServerSocket server = new ServerSocket(8080)) {
      while (true) {
        try (Socket client = server.accept()) {
          client.getOutputStream().write("hello".getBytes());
        }
      }
    }
  }

  private static void lookUp(String name) throws Exception {
    System.out.println("name " + InetAddress.getByName(name));
  }

  private static int get(String url, Path authority, String token) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (FileInputStream file = new FileInputStream(authority.toFile())) {
      trusted.setCertificateEntry(
          "lab", CertificateFactory.getInstance("X.509").generateCertificate(file));
    }
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    try (HttpClient client = HttpClient.newBuilder().sslContext(tls).build()) {
      return client.send(request.build(), BodyHandlers.discarding()).statusCode();
    }
  }
}
