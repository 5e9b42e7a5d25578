using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Security;
using TraversalLearning.Wire;

namespace TraversalLearning.SecureAggregation;

/// <summary>The signature under a <see cref="KeyOffer"/>, by the certificate with which the node also authenticates itself under TLS.</summary>
internal static class OfferSignature
{
    /// <summary>Signs with a certificate's private key.</summary>
    /// <exception cref="KeyExchangeException">The key is neither RSA nor ECDSA.</exception>
    public static byte[] Make(X509Certificate2 certificate, byte[] data) => KeySignature.Make(certificate, data)
        ?? throw new KeyExchangeException("the key of this node's certificate (--tls_key) is neither RSA nor ECDSA and cannot sign the key of the run");

    /// <summary>Checks a signature, the certificate under it and the certificate's name.</summary>
    /// <exception cref="KeyExchangeException">One of them is not valid; the message says which.</exception>
    public static void Verify(KeyOffer offer, byte[] data, TrustedAuthority authority)
    {
        if (!offer.IsSigned)
        {
            throw new KeyExchangeException("it is not signed; give the node a certificate (--tls_cert)");
        }

        var certificates = new List<X509Certificate2>();
        try
        {
            certificates.AddRange(offer.Certificates.Select(X509CertificateLoader.LoadCertificate));
            RequireIssued(certificates, authority);
            RequireName(certificates[0], offer.NodeId);
            if (!IsValid(certificates[0], data, offer.Signature))
            {
                throw new KeyExchangeException("its signature is not valid");
            }
        }
        catch (Exception e) when (e is CryptographicException or PlatformNotSupportedException)
        {
            throw new KeyExchangeException("its certificate cannot be read", e);
        }
        finally
        {
            certificates.ForEach(c => c.Dispose());
        }
    }

    private static void RequireIssued(List<X509Certificate2> certificates, TrustedAuthority authority)
    {
        if (authority.ProblemOf(certificates[0], KeyUsages.Client, [.. certificates.Skip(1)]) is { } problem)
        {
            throw new KeyExchangeException(problem);
        }
    }

    private static void RequireName(X509Certificate2 certificate, int nodeId)
    {
        string name = NodeCertificate.NameOf(nodeId);
        if (!NodeCertificate.IsFor(certificate, name))
        {
            throw new KeyExchangeException($"its certificate ({Printable.Escape(certificate.Subject)}) is not for '{name}'; it must have it as a subject alternative name");
        }
    }

    private static bool IsValid(X509Certificate2 certificate, byte[] data, byte[] signature) => KeySignature.IsValid(certificate, data, signature)
        ?? throw new KeyExchangeException("the key of its certificate is neither RSA nor ECDSA");
}
