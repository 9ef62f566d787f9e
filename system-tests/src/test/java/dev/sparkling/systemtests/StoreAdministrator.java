package dev.sparkling.systemtests;

import io.minio.admin.MinioAdminClient;
import io.minio.admin.QuotaUnit;
import io.minio.admin.UserInfo;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;

/** Administrator of the cluster's MinIO. */
final class StoreAdministrator {

  private final MinioAdminClient client =
      MinioAdminClient.builder()
          .endpoint(Cluster.setting("MINIO_ENDPOINT"))
          .credentials(Cluster.setting("MINIO_ACCESS_KEY"), Cluster.setting("MINIO_SECRET_KEY"))
          .httpClient(trusting(Path.of(Cluster.setting("MINIO_CA"))))
          .build();

  /** Creates a user who may read and write everything. */
  void createUser(String accessKey, String secretKey) throws Exception {
    client.addUser(accessKey, UserInfo.Status.ENABLED, secretKey, "readwrite", null);
    client.setPolicy(accessKey, false, "readwrite");
  }

  void deleteUser(String accessKey) throws Exception {
    client.deleteUser(accessKey);
  }

  /** Lets a bucket take no objects beyond a size in KiB. */
  void limit(String bucket, long kibibytes) throws Exception {
    client.setBucketQuota(bucket, kibibytes, QuotaUnit.KB);
  }

  void removeLimit(String bucket) throws Exception {
    client.clearBucketQuota(bucket);
  }

  private static OkHttpClient trusting(Path authority) {
    try (InputStream pem = Files.newInputStream(authority)) {
      Certificate certificate = CertificateFactory.getInstance("X.509").generateCertificate(pem);
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      store.setCertificateEntry("minio", certificate);
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, factory.getTrustManagers(), null);
      return new OkHttpClient.Builder()
          .sslSocketFactory(
              context.getSocketFactory(), (X509TrustManager) factory.getTrustManagers()[0])
          .build();
    } catch (IOException | GeneralSecurityException e) {
      throw new AssertionError(authority.toString(), e);
    }
  }
}
