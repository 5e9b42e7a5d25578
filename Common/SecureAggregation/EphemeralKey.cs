using System.Security.Cryptography;

namespace TraversalLearning.SecureAggregation;

/// <summary>A node's key pair of one key epoch: ECDH on P-256, made anew for each and never stored.</summary>
public sealed class EphemeralKey : IDisposable
{
    /// <summary>Length of a SubjectPublicKeyInfo with an uncompressed point of P-256.</summary>
    internal const int PublicKeyLength = 91;

    private readonly ECDiffieHellman _key;

    internal EphemeralKey(ECDiffieHellman key)
    {
        _key = key;
        PublicKey = key.PublicKey.ExportSubjectPublicKeyInfo();
    }

    /// <summary>The public key: a SubjectPublicKeyInfo (DER, 91 bytes).</summary>
    public byte[] PublicKey { get; }

    /// <summary>Makes a fresh key pair.</summary>
    public static EphemeralKey Create() => new(ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256));

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>Checks that bytes are a public key on P-256 in its one encoding.</summary>
    /// <exception cref="KeyExchangeException">They are not.</exception>
    internal static void RequirePublicKey(ReadOnlySpan<byte> publicKey) => Import(publicKey).Dispose();

    /// <summary>The x coordinate of the shared point: 32 bytes, for the caller to zero.</summary>
    /// <exception cref="KeyExchangeException">The other key is no public key on P-256.</exception>
    internal byte[] AgreeWith(ReadOnlySpan<byte> otherPublicKey)
    {
        using ECDiffieHellman other = Import(otherPublicKey);
        using ECDiffieHellmanPublicKey point = other.PublicKey;
        return _key.DeriveRawSecretAgreement(point);
    }

    private static ECDiffieHellman Import(ReadOnlySpan<byte> publicKey)
    {
        var key = ECDiffieHellman.Create();
        try
        {
            key.ImportSubjectPublicKeyInfo(publicKey, out _);
            if (publicKey.SequenceEqual(key.PublicKey.ExportSubjectPublicKeyInfo()) && IsP256(key))
            {
                return key;
            }
        }
        catch (CryptographicException e)
        {
            key.Dispose();
            throw new KeyExchangeException("its public key is not a point of P-256", e);
        }

        key.Dispose();
        throw new KeyExchangeException("its public key is not a point of P-256");
    }

    private static bool IsP256(ECDiffieHellman key)
    {
        ECCurve curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return curve.IsNamed && curve.Oid.Value == ECCurve.NamedCurves.nistP256.Oid.Value;
    }
}
