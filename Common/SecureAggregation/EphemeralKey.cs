using System.Security.Cryptography;

namespace TraversalLearning.SecureAggregation;

/// <summary>A node's key pair of one key epoch: ECDH on P-256, made anew for each and never stored.</summary>
public sealed class EphemeralKey : IDisposable
{
    /// <summary>Length of a SubjectPublicKeyInfo with an uncompressed point of P-256.</summary>
    internal const int PublicKeyLength = 91;

    private const int CoordinateLength = 32;
    private const string NoPoint = "its public key is not a point of P-256";

    private readonly ECDiffieHellman _key;

    internal EphemeralKey(ECDiffieHellman key)
    {
        _key = key;
        PublicKey = key.PublicKey.ExportSubjectPublicKeyInfo();
    }

    // What every such key begins with: ecPublicKey, prime256v1, then an uncompressed point.
    private static ReadOnlySpan<byte> Prefix =>
    [
        0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
    ];

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
        try
        {
            if (publicKey.Length == PublicKeyLength && publicKey.StartsWith(Prefix))
            {
                ReadOnlySpan<byte> point = publicKey[Prefix.Length..];
                return ECDiffieHellman.Create(new ECParameters
                {
                    Curve = ECCurve.NamedCurves.nistP256,
                    Q = new ECPoint { X = point[..CoordinateLength].ToArray(), Y = point[CoordinateLength..].ToArray() },
                });
            }
        }
        catch (CryptographicException e)
        {
            throw new KeyExchangeException(NoPoint, e);
        }

        throw new KeyExchangeException(NoPoint);
    }
}
