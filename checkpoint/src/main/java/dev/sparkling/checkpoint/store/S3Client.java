package dev.sparkling.checkpoint.store;

import dev.sparkling.pipeline.error.UserError;
import io.minio.MinioAsyncClient;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.Dispatcher;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** Creates clients of an S3 server, with a private certificate authority if one is configured. */
final class S3Client {

  /**
   * Number of concurrent requests; OkHttp's default of 5 per host does not saturate a fast network.
   */
  private static final int REQUESTS_IN_FLIGHT = 64;

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(2);

  private S3Client() {}

  static MinioAsyncClient connect(S3Access access) {
    Dispatcher dispatcher = new Dispatcher();
    dispatcher.setMaxRequests(REQUESTS_IN_FLIGHT);
    dispatcher.setMaxRequestsPerHost(REQUESTS_IN_FLIGHT);
    OkHttpClient.Builder http =
        new OkHttpClient.Builder()
            .dispatcher(dispatcher)
            .addInterceptor(S3Client::fillStorageClass)
            .connectTimeout(CONNECT_TIMEOUT)
            .readTimeout(IDLE_TIMEOUT)
            .writeTimeout(IDLE_TIMEOUT);
    access.certificateAuthority().ifPresent(file -> trust(http, file));
    try {
      return MinioAsyncClient.builder()
          .endpoint(access.endpoint())
          .region(access.region())
          .credentials(access.accessKey(), access.secretKey())
          .httpClient(http.build(), true)
          .build();
    } catch (IllegalArgumentException e) {
      throw new UserError(
          S3Access.ENDPOINT
              + ": '"
              + access.endpoint()
              + "' is not the address of a server; allowed: https://host:port, http://host:port",
          e);
    }
  }

  /** Works around MinIO's empty storage class in a list of uploads, which its SDK cannot read. */
  private static Response fillStorageClass(Interceptor.Chain chain) throws IOException {
    Response response = chain.proceed(chain.request());
    boolean listsUploads =
        chain.request().method().equals("GET")
            && chain.request().url().queryParameterNames().contains("uploads");
    if (!listsUploads || !response.isSuccessful()) {
      return response;
    }
    ResponseBody body = response.body();
    String filled =
        body.string()
            .replaceAll(
                "<StorageClass></StorageClass>|<StorageClass ?/>",
                "<StorageClass>STANDARD</StorageClass>");
    return response.newBuilder().body(ResponseBody.create(filled, body.contentType())).build();
  }

  private static void trust(OkHttpClient.Builder http, Path authorities) {
    try (InputStream in = Files.newInputStream(authorities)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int count = 0;
      for (X509Certificate known : trustManager(Optional.empty()).getAcceptedIssuers()) {
        trusted.setCertificateEntry("jdk-" + count++, known);
      }
      for (Certificate added : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("added-" + count++, added);
      }
      X509TrustManager manager = trustManager(Optional.of(trusted));
      SSLContext tls = SSLContext.getInstance("TLS");
      tls.init(null, new TrustManager[] {manager}, null);
      http.sslSocketFactory(tls.getSocketFactory(), manager);
    } catch (IOException e) {
      throw FileErrors.translate(authorities, e);
    } catch (GeneralSecurityException e) {
      throw new UserError(
          S3Access.CERTIFICATE_AUTHORITY
              + ": "
              + authorities
              + " holds no certificates ("
              + e.getMessage()
              + "); a PEM file is needed",
          e);
    }
  }

  private static X509TrustManager trustManager(Optional<KeyStore> trusted)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(trusted.orElse(null));
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager x509) {
        return x509;
      }
    }
    throw new GeneralSecurityException("no X.509 trust manager");
  }
}
