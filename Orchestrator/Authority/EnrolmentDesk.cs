using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TraversalLearning.Enrolment;
using TraversalLearning.Messages;
using TraversalLearning.Security;

namespace TraversalLearning.Orchestration.Authority;

/// <summary>Decides which requests a CA signs: those with an open token, and those of the holder of a valid certificate.</summary>
/// <param name="authority">The CA.</param>
/// <param name="time">The clock.</param>
internal sealed class EnrolmentDesk(CertificateAuthority authority, TimeProvider time)
{
    /// <summary>Examines a request.</summary>
    /// <param name="hello">The applicant's first message.</param>
    /// <param name="nonce">The CA's nonce.</param>
    /// <param name="channel">The binding of the TLS connection.</param>
    /// <param name="query">The request, with its proof.</param>
    /// <exception cref="RefusedOrderException">It is not to be signed.</exception>
    public SigningOrder Examine(ApplicantHello hello, string nonce, ReadOnlyMemory<byte> channel, SigningQuery query)
    {
        var transcript = new EnrolmentTranscript(hello, nonce, channel, query.Request);
        SigningRequest request = Parse(query);
        return hello.Wants switch
        {
            ApplicantWants.Enrolment => OrderOf(Proved(hello.Id, transcript, query.Proof), request),
            ApplicantWants.Renewal => OrderOf(Signed(hello.Id, transcript, query.Proof), request),
            _ => throw new RefusedOrderException(RejectCodes.Data, "this CA does not know what is wanted of it"),
        };
    }

    /// <summary>Issues the certificate. A token that was used for the same key gives the same certificate again: its answer may have been lost.</summary>
    /// <exception cref="RefusedOrderException">The token was used meanwhile.</exception>
    public async Task<X509Certificate2> SignAsync(SigningOrder order)
    {
        using AuthorityLock held = await AuthorityLock.TakeAsync(authority.Folder);
        PublicKey key = order.Request.PublicKey;
        if (order.TokenId is null)
        {
            return authority.Issue(order.Request.Role, order.Names, key);
        }

        PendingToken token = Open(order.TokenId);
        RequireUnusedFor(token, key);
        if (token.UsedFor is not null && authority.Issued().FirstOrDefault(c => c.Serial == token.Serial) is { } before)
        {
            return before.IsRevoked ? throw Revoked() : before.Certificate;
        }

        X509Certificate2 issued = authority.Issue(order.Request.Role, order.Names, key);
        authority.Tokens.Save(token.After(issued));
        return issued;
    }

    private static SigningRequest Parse(SigningQuery query)
    {
        try
        {
            return SigningRequest.Parse(query.Request);
        }
        catch (CryptographicException e)
        {
            throw new RefusedOrderException(RejectCodes.Data, $"the signing request is not accepted: {e.Message}");
        }
    }

    private PendingToken Open(string id)
    {
        PendingToken? token = authority.Tokens.Find(id);
        return token is null ? throw new RefusedOrderException(RejectCodes.Token, "this CA did not make that token, or has removed it; ask for a new one")
            : token.Until <= time.GetUtcNow() ? throw new RefusedOrderException(RejectCodes.Token, $"the token ended on {CertificateProblem.Text(token.Until)}; ask for a new one")
            : token;
    }

    private PendingToken Proved(string id, EnrolmentTranscript transcript, byte[] proof)
    {
        PendingToken token = Open(id);
        return transcript.IsProvedBy(Convert.FromHexString(token.Key), proof)
            ? token
            : throw new RefusedOrderException(RejectCodes.Token, "the secret of the token is not the one that this CA made; copy the token as it was given");
    }

    private static SigningOrder OrderOf(PendingToken token, SigningRequest request)
    {
        if (request.Role != token.Role)
        {
            throw new RefusedOrderException(RejectCodes.Token, $"the token is for '{token.Name}', the request for '{request.Role.Name}'");
        }

        RequireUnusedFor(token, request.PublicKey);
        return new SigningOrder(request, token.Names, token.Id);
    }

    private static void RequireUnusedFor(PendingToken token, PublicKey key)
    {
        if (token.UsedFor is { } used && used != Fingerprint.Of(key))
        {
            throw new RefusedOrderException(RejectCodes.Token, $"the token for '{token.Name}' was used already, for another key; ask for a new one, and tell the CA's person if that was not you");
        }
    }

    private IssuedCertificate Signed(string serial, EnrolmentTranscript transcript, byte[] proof)
    {
        IssuedCertificate? present = authority.Issued().FirstOrDefault(c => string.Equals(c.Serial, serial, StringComparison.Ordinal));
        return present is null || !transcript.IsSignedBy(present.Certificate, proof)
                ? throw new RefusedOrderException(RejectCodes.Certificate, "this CA did not issue that certificate, or the proof is not by its key")
            : present.IsRevoked ? throw Revoked()
            : CertificateProblem.OfPeriod(present.Certificate, time.GetUtcNow().UtcDateTime) is { } problem
                ? throw new RefusedOrderException(RejectCodes.Certificate, $"the certificate that is to be renewed {problem}; enroll anew")
            : present;
    }

    private static SigningOrder OrderOf(IssuedCertificate present, SigningRequest request) =>
        request.Role == present.Role && request.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(present.Certificate.PublicKey.ExportSubjectPublicKeyInfo())
            ? new SigningOrder(request, ServerNames.Of(present.Certificate), TokenId: null)
            : throw new RefusedOrderException(RejectCodes.Certificate, "a renewal is for the same name and the same key");

    private static RefusedOrderException Revoked() => new(RejectCodes.Certificate, "the certificate was revoked; enroll anew, with a new token");
}
