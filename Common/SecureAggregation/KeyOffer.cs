using System.Buffers.Binary;
using System.Text;
using TraversalLearning.Security;

namespace TraversalLearning.SecureAggregation;

/// <summary>
/// What a node publishes about itself in one key epoch. As bytes, little-endian (docs/reference/protocol.md):
/// <code>
///   0   4  node id
///   4  91  public key
///  95   1  number of certificates c, 0 if unsigned
///  96      c times: length (2), certificate (DER)
///       2  length of the signature
///          signature
/// </code>
/// The signature is over "TLW1 key offer", node id (4), public key (91), run (UTF-8).
/// </summary>
/// <param name="NodeId">The node's id.</param>
/// <param name="PublicKey">SubjectPublicKeyInfo of its <see cref="EphemeralKey"/>.</param>
/// <param name="Certificates">DER: the node's own, then those between it and the CA; none if the offer is unsigned.</param>
/// <param name="Signature">By the private key of the first certificate: RSA-PSS (salt of 32 bytes) or ECDSA (DER), with SHA-256; empty if unsigned.</param>
public sealed record KeyOffer(int NodeId, byte[] PublicKey, byte[][] Certificates, byte[] Signature)
{
    /// <summary>Bytes of an offer at most.</summary>
    public const int MaxLength = sizeof(int) + EphemeralKey.PublicKeyLength + 1 + (MaxCertificates * (sizeof(ushort) + MaxCertificate)) + sizeof(ushort) + MaxSignature;

    private const int MaxCertificates = 8;
    private const int MaxCertificate = 16 * 1024;
    private const int MaxSignature = 1024;

    /// <summary>Whether a certificate vouches for the key.</summary>
    public bool IsSigned => Certificates.Length > 0;

    /// <summary>Offers a key, signed if there is an identity.</summary>
    /// <exception cref="KeyExchangeException">The certificate's key cannot sign.</exception>
    public static KeyOffer Create(int nodeId, string run, EphemeralKey key, TlsIdentity? identity)
    {
        if (identity is null)
        {
            return new KeyOffer(nodeId, key.PublicKey, [], []);
        }

        byte[][] certificates = [identity.Certificate.RawData, .. identity.Context.IntermediateCertificates.Select(c => c.RawData)];
        return new KeyOffer(nodeId, key.PublicKey, certificates, OfferSignature.Make(identity.Certificate, SignedBytes(nodeId, run, key.PublicKey)));
    }

    /// <summary>Reads the bytes of <see cref="ToBytes"/>. Nothing is verified but lengths.</summary>
    /// <exception cref="KeyExchangeException">They are malformed.</exception>
    public static KeyOffer Parse(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes, "key offer");
        int nodeId = reader.Int32();
        byte[] publicKey = reader.Bytes(EphemeralKey.PublicKeyLength, EphemeralKey.PublicKeyLength);
        int count = reader.Byte();
        if (nodeId < 0 || count > MaxCertificates)
        {
            throw reader.Malformed(nodeId < 0 ? "a node's id is negative" : $"{count} certificates, {MaxCertificates} at most");
        }

        byte[][] certificates = new byte[count][];
        for (int i = 0; i < count; i++)
        {
            certificates[i] = reader.Bytes(reader.UInt16(), MaxCertificate);
        }

        byte[] signature = reader.Bytes(reader.UInt16(), MaxSignature);
        reader.RequireEnd();
        return (count == 0) == (signature.Length == 0)
            ? new KeyOffer(nodeId, publicKey, certificates, signature)
            : throw reader.Malformed("a signature needs a certificate, and a certificate a signature");
    }

    /// <summary>The offer as bytes; the same offer always has the same.</summary>
    public byte[] ToBytes() =>
    [
        .. LittleEndian.Of(NodeId), .. PublicKey, (byte)Certificates.Length, .. Certificates.SelectMany(c => (byte[])[.. Length(c), .. c]),
        .. Length(Signature), .. Signature,
    ];

    /// <summary>Checks the public key and, given an authority, who vouches for it.</summary>
    /// <param name="run">The run that the offer must be for.</param>
    /// <param name="authority">The authority that must have issued the node's certificate; <see langword="null"/> accepts any key, signed or not.</param>
    /// <exception cref="KeyExchangeException">The offer is not acceptable; the message names the node.</exception>
    public void Verify(string run, TrustedAuthority? authority)
    {
        try
        {
            EphemeralKey.RequirePublicKey(PublicKey);
            if (authority is not null)
            {
                OfferSignature.Verify(this, SignedBytes(NodeId, run, PublicKey), authority);
            }
        }
        catch (KeyExchangeException e)
        {
            throw new KeyExchangeException($"the key of node {NodeId} is not accepted: {e.Message}", e);
        }
    }

    private static byte[] SignedBytes(int nodeId, string run, byte[] publicKey) =>
        [.. "TLW1 key offer"u8, .. LittleEndian.Of(nodeId), .. publicKey, .. Encoding.UTF8.GetBytes(run)];

    private static byte[] Length(byte[] field)
    {
        byte[] length = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16LittleEndian(length, checked((ushort)field.Length));
        return length;
    }
}
