using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Wire;

namespace TraversalLearning.Security;

/// <summary>Describes why a certificate is not accepted and what to do about it.</summary>
public static class CertificateProblem
{
    // A CA that only has the same name as the trusted one shows up as a wrong signature.
    private const X509ChainStatusFlags Untrusted =
        X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.NotSignatureValid;

    /// <summary>The most serious problem found by a TLS handshake.</summary>
    /// <param name="certificate">The peer's certificate.</param>
    /// <param name="chain">The chain built for the check.</param>
    /// <param name="errors">The result of the check.</param>
    /// <param name="host">The host name that the certificate must match; optional.</param>
    /// <returns><see langword="null"/> if the certificate is valid.</returns>
    public static string? Of(X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors, string? host)
    {
        if (errors == SslPolicyErrors.None)
        {
            return null;
        }

        if (certificate is null || errors.HasFlag(SslPolicyErrors.RemoteCertificateNotAvailable))
        {
            return "it presents no certificate";
        }

        string name = $"its certificate ({Printable.Escape(certificate.Subject)})";
        X509ChainStatusFlags all = chain?.ChainElements.Aggregate(X509ChainStatusFlags.NoError, (sum, element) => sum | StatusOf(element)) ?? default;
        all |= chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (sum, status) => sum | status.Status) ?? default;
        if ((all & Untrusted) != X509ChainStatusFlags.NoError)
        {
            return $"{name} was not issued by the CA that is trusted here (--tls_ca)";
        }

        if (all.HasFlag(X509ChainStatusFlags.NotTimeValid) && OfPeriod(chain!) is { } period)
        {
            return period;
        }

        if (all.HasFlag(X509ChainStatusFlags.NotValidForUsage))
        {
            return $"{name} is not meant for this use (extended key usage)";
        }

        return all != X509ChainStatusFlags.NoError
            ? $"{name} is not valid: {all}"
            : $"{name} is not for '{host}', the name given by --host; it must have it as a subject alternative name";
    }

    /// <summary>Why a certificate is outside its validity period, as the end of a sentence; <see langword="null"/> if it is not.</summary>
    public static string? OfPeriod(X509Certificate2 certificate, DateTime now)
    {
        if (now > certificate.NotAfter.ToUniversalTime())
        {
            return $"expired on {Text(certificate.NotAfter)}";
        }

        return now < certificate.NotBefore.ToUniversalTime() ? $"is not valid before {Text(certificate.NotBefore)}; look at the clocks" : null;
    }

    /// <summary>A time as messages show it.</summary>
    public static string Text(DateTimeOffset time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    /// <inheritdoc cref="Text(DateTimeOffset)"/>
    public static string Text(DateTime time) => Text(new DateTimeOffset(time.ToUniversalTime()));

    private static string? OfPeriod(X509Chain chain)
    {
        foreach (X509ChainElement element in chain.ChainElements)
        {
            if (OfPeriod(element.Certificate, DateTime.UtcNow) is { } problem)
            {
                return $"{(element == chain.ChainElements[0] ? "its certificate" : "a CA certificate above its own")} ({Printable.Escape(element.Certificate.Subject)}) {problem}";
            }
        }

        return null;
    }

    private static X509ChainStatusFlags StatusOf(X509ChainElement element) =>
        element.ChainElementStatus.Aggregate(X509ChainStatusFlags.NoError, (sum, status) => sum | status.Status);

}
