using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Messages;
using TraversalLearning.Security;

namespace TraversalLearning.Enrolment;

/// <summary>
/// What an applicant's proof covers: the request, and everything that binds it to one connection. As bytes
/// (docs/reference/protocol.md):
/// <code>
///   0  15  "TLW1 enrolment "
///  15  64  the applicant's nonce, as in ApplicantHello
///  79  64  the CA's nonce, as in AuthorityIdentity
/// 143  32  SHA-256 of the certificate of the TLS connection (DER)
/// 175  32  SHA-256 of the signing request (DER)
/// 207      what it wants, a space, the id; UTF-8
/// </code>
/// </summary>
/// <param name="Hello">The applicant's first message.</param>
/// <param name="AuthorityNonce">The CA's nonce.</param>
/// <param name="Channel">32 bytes: <see cref="SecureChannel.Binding"/>.</param>
/// <param name="Request">The signing request, DER.</param>
public sealed record EnrolmentTranscript(ApplicantHello Hello, string AuthorityNonce, ReadOnlyMemory<byte> Channel, byte[] Request)
{
    /// <summary>The proof by a token's key.</summary>
    public byte[] Prove(byte[] key) => HMACSHA256.HashData(key, ToBytes());

    /// <summary>Whether a proof is by a token's key. Constant time.</summary>
    public bool IsProvedBy(byte[] key, byte[] proof) => CryptographicOperations.FixedTimeEquals(Prove(key), proof);

    /// <summary>The proof by the key of a certificate.</summary>
    /// <exception cref="CryptographicException">The key is neither RSA nor ECDSA.</exception>
    public byte[] Sign(X509Certificate2 certificate) =>
        KeySignature.Make(certificate, ToBytes()) ?? throw new CryptographicException("the key of the certificate is neither RSA nor ECDSA");

    /// <summary>Whether a proof is by the key of a certificate.</summary>
    public bool IsSignedBy(X509Certificate2 certificate, byte[] proof) => KeySignature.IsValid(certificate, ToBytes(), proof) == true;

    /// <summary>The bytes that a proof covers.</summary>
    public byte[] ToBytes() =>
    [
        .. "TLW1 enrolment "u8, .. Encoding.ASCII.GetBytes(Hello.Nonce), .. Encoding.ASCII.GetBytes(AuthorityNonce), .. Channel.Span,
        .. SHA256.HashData(Request), .. Encoding.UTF8.GetBytes($"{Hello.Wants} {Hello.Id}"),
    ];
}
