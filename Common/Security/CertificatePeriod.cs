using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>The period of a certificate, in UTC; .NET gives it in local time.</summary>
public static class CertificatePeriod
{
    /// <summary>When it begins.</summary>
    public static DateTimeOffset StartOf(X509Certificate2 certificate) => new(certificate.NotBefore.ToUniversalTime());

    /// <summary>When it ends.</summary>
    public static DateTimeOffset EndOf(X509Certificate2 certificate) => new(certificate.NotAfter.ToUniversalTime());
}
