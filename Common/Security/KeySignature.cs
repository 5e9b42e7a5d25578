using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace TraversalLearning.Security;

/// <summary>Signatures by the key of a certificate: ECDSA (DER) or RSA-PSS (salt of 32 bytes), with SHA-256.</summary>
internal static class KeySignature
{
    /// <summary>Signs; <see langword="null"/> if the key is neither RSA nor ECDSA.</summary>
    public static byte[]? Make(X509Certificate2 certificate, byte[] data)
    {
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = certificate.GetECDsaPrivateKey();
        return rsa?.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
            ?? ecdsa?.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Whether a signature is valid; <see langword="null"/> if the key is neither RSA nor ECDSA.</summary>
    public static bool? IsValid(X509Certificate2 certificate, byte[] data, byte[] signature)
    {
        using RSA? rsa = certificate.GetRSAPublicKey();
        using ECDsa? ecdsa = certificate.GetECDsaPublicKey();
        return rsa?.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)
            ?? ecdsa?.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }
}
