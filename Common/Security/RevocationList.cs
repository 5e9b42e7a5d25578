using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Files;
using TraversalLearning.Hosting;

namespace TraversalLearning.Security;

/// <summary>
/// A certificate revocation list (RFC 5280, section 5): the certificates that a CA has withdrawn before their end. .NET writes such
/// lists but does not read them.
/// </summary>
public sealed class RevocationList
{
    private const int MaxLength = 1024 * 1024;
    private const string PemLabel = "X509 CRL";
    private const string NumberExtension = "2.5.29.20";

    private readonly byte[] _issuer;
    private readonly byte[] _signed;
    private readonly string _algorithm;
    private readonly byte[] _signature;
    private readonly Dictionary<string, DateTimeOffset> _revoked = new(StringComparer.Ordinal);

    private RevocationList(AsnReader list)
    {
        ReadOnlyMemory<byte> signed = list.PeekEncodedValue();
        AsnReader content = list.ReadSequence();
        _algorithm = ReadAlgorithm(list);
        _signature = list.ReadBitString(out int unusedBits);
        if (unusedBits != 0)
        {
            throw new AsnContentException("its signature is not whole bytes");
        }

        list.ThrowIfNotEmpty();

        if (content.PeekTag().HasSameClassAndValue(Asn1Tag.Integer))
        {
            _ = content.ReadInteger();
        }

        if (!string.Equals(ReadAlgorithm(content), _algorithm, StringComparison.Ordinal))
        {
            throw new AsnContentException("it names two signature algorithms");
        }

        _signed = signed.ToArray();
        _issuer = content.ReadEncodedValue().ToArray();
        From = ReadTime(content);
        Until = content.HasData && IsTime(content.PeekTag()) ? ReadTime(content) : DateTimeOffset.MaxValue;
        if (content.HasData && content.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            ReadRevoked(content.ReadSequence());
        }

        Number = content.HasData ? ReadNumber(content.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence()) : BigInteger.Zero;
        content.ThrowIfNotEmpty();
    }

    /// <summary>When the list was made.</summary>
    public DateTimeOffset From { get; }

    /// <summary>The end of its validity.</summary>
    public DateTimeOffset Until { get; }

    /// <summary>Grows with every list of the CA.</summary>
    public BigInteger Number { get; }

    /// <summary>Number of revoked certificates.</summary>
    public int Count => _revoked.Count;

    /// <summary>Whether a serial number is on the list.</summary>
    public bool Has(ReadOnlySpan<byte> serial) => _revoked.ContainsKey(KeyOf(serial));

    /// <summary>Loads a list in PEM or DER and verifies it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="roots">The trusted CAs, one of which must have signed it.</param>
    /// <param name="now">The time at which it must be valid.</param>
    /// <exception cref="UserErrorException">The file cannot be read, or the list is malformed, not signed by the CA, or expired.</exception>
    public static RevocationList Load(string path, X509Certificate2Collection roots, DateTimeOffset now)
    {
        try
        {
            return Parse(ReadFile(path), roots, now);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new UserErrorException(ExitCode.Usage, $"--tls_crl: '{path}': {FileError.ReasonOf(path, e)}", e);
        }
    }

    /// <summary>Reads and verifies a list.</summary>
    /// <param name="bytes">PEM or DER.</param>
    /// <param name="roots">The trusted CAs, one of which must have signed it.</param>
    /// <param name="now">The time at which it must be valid.</param>
    /// <exception cref="CryptographicException">The list is malformed, not signed by the CA, or expired.</exception>
    public static RevocationList Parse(byte[] bytes, X509Certificate2Collection roots, DateTimeOffset now)
    {
        RevocationList list;
        try
        {
            var reader = new AsnReader(ToDer(bytes), AsnEncodingRules.DER);
            list = new RevocationList(reader.ReadSequence());
            reader.ThrowIfNotEmpty();
        }
        catch (Exception e) when (e is AsnContentException or ArgumentException or FormatException)
        {
            throw new CryptographicException("it is no certificate revocation list", e);
        }

        if (!roots.Any(list.IsSignedBy))
        {
            throw new CryptographicException("it is not signed by the CA that is trusted here (--tls_ca)");
        }

        return list.Until > now ? list : throw new CryptographicException($"it ended on {CertificateProblem.Text(list.Until)}; get a newer one from the CA");
    }

    /// <summary>When a certificate was revoked; <see langword="null"/> if it was not, or is of another CA.</summary>
    public DateTimeOffset? RevokedOn(X509Certificate2 certificate) =>
        certificate.IssuerName.RawData.AsSpan().SequenceEqual(_issuer) && _revoked.TryGetValue(KeyOf(certificate.SerialNumberBytes.Span), out DateTimeOffset on)
            ? on
            : null;

    /// <summary>A list as PEM.</summary>
    public static string ToPem(byte[] der) => PemEncoding.WriteString(PemLabel, der) + "\n";

    /// <summary>The bytes of a list in PEM or DER.</summary>
    /// <exception cref="ArgumentException">The PEM is of something else.</exception>
    public static byte[] ToDer(byte[] bytes)
    {
        string text = System.Text.Encoding.ASCII.GetString(bytes);
        if (!PemEncoding.TryFind(text, out PemFields fields))
        {
            return bytes;
        }

        return text[fields.Label] == PemLabel ? Convert.FromBase64String(text[fields.Base64Data]) : throw new ArgumentException($"the PEM is of a {text[fields.Label]}");
    }

    private static byte[] ReadFile(string path)
    {
        using FileStream file = File.OpenRead(path);
        if (file.Length > MaxLength)
        {
            throw new IOException($"it has {file.Length} bytes; {MaxLength} at most are read");
        }

        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    private bool IsSignedBy(X509Certificate2 root)
    {
        if (!root.SubjectName.RawData.AsSpan().SequenceEqual(_issuer))
        {
            return false;
        }

        using ECDsa? ecdsa = root.GetECDsaPublicKey();
        using RSA? rsa = root.GetRSAPublicKey();
        return _algorithm switch
        {
            "1.2.840.10045.4.3.2" => IsSignedBy(ecdsa, HashAlgorithmName.SHA256),
            "1.2.840.10045.4.3.3" => IsSignedBy(ecdsa, HashAlgorithmName.SHA384),
            "1.2.840.10045.4.3.4" => IsSignedBy(ecdsa, HashAlgorithmName.SHA512),
            "1.2.840.113549.1.1.11" => IsSignedBy(rsa, HashAlgorithmName.SHA256),
            "1.2.840.113549.1.1.12" => IsSignedBy(rsa, HashAlgorithmName.SHA384),
            "1.2.840.113549.1.1.13" => IsSignedBy(rsa, HashAlgorithmName.SHA512),
            _ => false,
        };
    }

    private bool IsSignedBy(ECDsa? key, HashAlgorithmName hash) => key?.VerifyData(_signed, _signature, hash, DSASignatureFormat.Rfc3279DerSequence) == true;

    private bool IsSignedBy(RSA? key, HashAlgorithmName hash) => key?.VerifyData(_signed, _signature, hash, RSASignaturePadding.Pkcs1) == true;

    private void ReadRevoked(AsnReader entries)
    {
        while (entries.HasData)
        {
            AsnReader entry = entries.ReadSequence();
            string serial = KeyOf(entry.ReadIntegerBytes().Span);
            _revoked[serial] = ReadTime(entry);
        }
    }

    private static BigInteger ReadNumber(AsnReader extensions)
    {
        BigInteger number = BigInteger.Zero;
        while (extensions.HasData)
        {
            AsnReader extension = extensions.ReadSequence();
            string id = extension.ReadObjectIdentifier();
            bool isCritical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            if (string.Equals(id, NumberExtension, StringComparison.Ordinal))
            {
                number = new AsnReader(extension.ReadOctetString(), AsnEncodingRules.DER).ReadInteger();
            }
            else if (isCritical)
            {
                // Such as a list of a part of the certificates, or of changes only.
                throw new AsnContentException($"it needs the extension {id}, which is not understood here");
            }
        }

        return number;
    }

    private static string ReadAlgorithm(AsnReader reader) => reader.ReadSequence().ReadObjectIdentifier();

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    // An integer may have a leading zero byte, for the sign.
    private static string KeyOf(ReadOnlySpan<byte> serial) => Convert.ToHexString(serial).TrimStart('0');
}
