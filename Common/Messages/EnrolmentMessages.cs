using MessagePack;
using TraversalLearning.Wire;

namespace TraversalLearning.Messages;

/// <summary>The first frame to a CA: what the applicant wants.</summary>
/// <param name="Wants">One of <see cref="ApplicantWants"/>.</param>
/// <param name="Id">Names the token (16 hexadecimal digits) or the certificate to be renewed (its serial number); empty otherwise.</param>
/// <param name="Nonce">64 fresh random hexadecimal digits.</param>
public sealed record ApplicantHello(string Wants, string Id, string Nonce) : IMessage<ApplicantHello>
{
    /// <summary>The most bytes of an id.</summary>
    public const int MaxId = 64;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.ApplicantHello;

    /// <inheritdoc/>
    public int FieldCount => 3;

    /// <inheritdoc/>
    public static ApplicantHello Read(MetadataMap metadata) =>
        new(metadata.String("wants"u8, 16), metadata.String("id"u8, MaxId), metadata.Hex("nonce"u8, Challenge.NonceLength));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("wants"u8, Wants);
        writer.Field("id"u8, Id);
        writer.Field("nonce"u8, Nonce);
    }
}

/// <summary>What an applicant can want of a CA.</summary>
public static class ApplicantWants
{
    /// <summary>A first certificate, for a one-time token.</summary>
    public const string Enrolment = "enrolment";

    /// <summary>A certificate like its present one, with a later end.</summary>
    public const string Renewal = "renewal";

    /// <summary>The list of revoked certificates, which anybody may have.</summary>
    public const string Revoked = "revoked";
}

/// <summary>The CA's answer to <see cref="ApplicantHello"/>: its own certificate, for which that of the TLS connection must have been issued.</summary>
/// <param name="Certificate">The CA's certificate, DER.</param>
/// <param name="Nonce">64 fresh random hexadecimal digits.</param>
public sealed record AuthorityIdentity(byte[] Certificate, string Nonce) : IMessage<AuthorityIdentity>
{
    private const int MaxCertificate = 3072;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.AuthorityIdentity;

    /// <inheritdoc/>
    public int FieldCount => 2;

    /// <inheritdoc/>
    public static AuthorityIdentity Read(MetadataMap metadata) =>
        new(metadata.Bytes("certificate"u8, MaxCertificate), metadata.Hex("nonce"u8, Challenge.NonceLength));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("certificate"u8, Certificate);
        writer.Field("nonce"u8, Nonce);
    }
}

/// <summary>The applicant asks for a certificate.</summary>
/// <param name="Request">The signing request (PKCS#10), DER.</param>
/// <param name="Proof">HMAC-SHA-256 by the token, or a signature by the key of the present certificate (docs/reference/protocol.md).</param>
public sealed record SigningQuery(byte[] Request, byte[] Proof) : IMessage<SigningQuery>
{
    private const int MaxRequest = 2048;
    private const int MaxProof = 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.SigningQuery;

    /// <inheritdoc/>
    public int FieldCount => 2;

    /// <inheritdoc/>
    public static SigningQuery Read(MetadataMap metadata) => new(metadata.Bytes("request"u8, MaxRequest), metadata.Bytes("proof"u8, MaxProof));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("request"u8, Request);
        writer.Field("proof"u8, Proof);
    }
}

/// <summary>The applicant has proved itself; a person at the CA is asked whether to sign, which may take minutes.</summary>
public sealed record SigningPending : IMessage<SigningPending>
{
    /// <inheritdoc/>
    public static MessageType Type => MessageType.SigningPending;

    /// <inheritdoc/>
    public int FieldCount => 0;

    /// <inheritdoc/>
    public static SigningPending Read(MetadataMap metadata) => new();

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
    }
}

/// <summary>The answer to <see cref="SigningQuery"/>: the certificate, and what an applicant needs to use it.</summary>
/// <param name="Certificate">DER.</param>
/// <param name="Revoked">The list of revoked certificates, DER.</param>
/// <param name="Host">The orchestrator's host name or address.</param>
/// <param name="Port">The orchestrator's port.</param>
/// <param name="Token">The secret of orchestrator and nodes (<c>--token_file</c>); empty if there is none, and in a renewal.</param>
public sealed record SigningGrant(byte[] Certificate, byte[] Revoked, string Host, int Port, byte[] Token) : IMessage<SigningGrant>
{
    /// <summary>The most bytes of a certificate: OpenSSL accepts no larger ones.</summary>
    public const int MaxCertificate = 100 * 1024;

    private const int MaxHost = 256;
    private const int MaxToken = 64 * 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.SigningGrant;

    /// <inheritdoc/>
    public int FieldCount => 5;

    /// <inheritdoc/>
    public static SigningGrant Read(MetadataMap metadata) => new(
        metadata.Bytes("certificate"u8, MaxCertificate),
        metadata.Bytes("revoked"u8, RevokedCertificates.MaxList),
        metadata.String("host"u8, MaxHost),
        metadata.Int32("port"u8, min: 1, max: ushort.MaxValue),
        metadata.Bytes("token"u8, MaxToken));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer)
    {
        writer.Field("certificate"u8, Certificate);
        writer.Field("revoked"u8, Revoked);
        writer.Field("host"u8, Host);
        writer.Field("port"u8, Port);
        writer.Field("token"u8, Token);
    }
}

/// <summary>The list of revoked certificates, which the CA has signed.</summary>
/// <param name="List">DER.</param>
public sealed record RevokedCertificates(byte[] List) : IMessage<RevokedCertificates>
{
    /// <summary>The most bytes of a list.</summary>
    public const int MaxList = 768 * 1024;

    /// <inheritdoc/>
    public static MessageType Type => MessageType.RevokedCertificates;

    /// <inheritdoc/>
    public int FieldCount => 1;

    /// <inheritdoc/>
    public static RevokedCertificates Read(MetadataMap metadata) => new(metadata.Bytes("list"u8, MaxList));

    /// <inheritdoc/>
    public void WriteFields(ref MessagePackWriter writer) => writer.Field("list"u8, List);
}
