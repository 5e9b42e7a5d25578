using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Security;

namespace TraversalLearning.Enrolment;

/// <summary>
/// A one-time token, with which a node gets its first certificate. It also tells the node which CA to trust. As bytes, in base64url
/// after <c>tl1_</c> (docs/reference/protocol.md):
/// <code>
///   0   8  id
///   8  16  secret
///  24  32  SHA-256 of the CA's certificate (DER)
///  56      role, UTF-8
/// </code>
/// </summary>
/// <param name="Id">Names the token: 16 hexadecimal digits.</param>
/// <param name="Secret">Known to the holder only; the CA keeps <see cref="Key"/>.</param>
/// <param name="AuthorityHash">SHA-256 of the CA's certificate.</param>
/// <param name="Role">What the certificate will be for.</param>
public sealed record EnrolmentToken(string Id, byte[] Secret, byte[] AuthorityHash, CertificateRole Role)
{
    private const string Prefix = "tl1_";
    private const int IdLength = 8;
    private const int SecretLength = 16;
    private const int MaxLength = 512;
    private const int HeaderLength = IdLength + SecretLength + SHA256.HashSizeInBytes;

    /// <summary>The key of the proof.</summary>
    public byte[] Key => SHA256.HashData(Secret);

    /// <summary>Makes a token.</summary>
    public static EnrolmentToken Create(CertificateRole role, X509Certificate2 authority) => new(
        RandomNumberGenerator.GetHexString(2 * IdLength, lowercase: true), RandomNumberGenerator.GetBytes(SecretLength), HashOf(authority), role);

    /// <summary>Reads a token's text; <see langword="null"/> if it is none.</summary>
    public static EnrolmentToken? Find(string text)
    {
        text = text.Trim();
        if (text.Length > MaxLength || !text.StartsWith(Prefix, StringComparison.Ordinal) || !Base64Url.IsValid(text.AsSpan(Prefix.Length)))
        {
            return null;
        }

        byte[] bytes = Base64Url.DecodeFromChars(text.AsSpan(Prefix.Length));
        return bytes.Length > HeaderLength && CertificateRole.Find(Encoding.UTF8.GetString(bytes.AsSpan(HeaderLength))) is { } role
            ? new EnrolmentToken(
                Convert.ToHexStringLower(bytes.AsSpan(0, IdLength)),
                bytes[IdLength..(IdLength + SecretLength)],
                bytes[(IdLength + SecretLength)..HeaderLength],
                role)
            : null;
    }

    /// <summary>Whether this is the CA that made the token.</summary>
    public bool IsOf(X509Certificate2 authority) => AuthorityHash.AsSpan().SequenceEqual(HashOf(authority));

    /// <summary>The token as text.</summary>
    public string ToText() =>
        Prefix + Base64Url.EncodeToString([.. Convert.FromHexString(Id), .. Secret, .. AuthorityHash, .. Encoding.UTF8.GetBytes(Role.Name)]);

    private static byte[] HashOf(X509Certificate2 certificate) => SHA256.HashData(certificate.RawData);
}
