using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using TraversalLearning.Files;
using TraversalLearning.Hosting;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Enrolment;

/// <summary>The steps by which a machine gets a certificate for a key that it makes itself: over the network, or with files that people carry.</summary>
/// <param name="folder">Where key and certificate go.</param>
/// <param name="write">Takes lines for the user.</param>
public sealed class Enroller(KeyFolder folder, Action<string> write)
{
    /// <summary>The proxy to connect through; <see langword="null"/> for none.</summary>
    public HttpProxy? Proxy { get; init; }

    /// <summary>By hand, the first step: makes the key and writes the signing request.</summary>
    /// <param name="role">What the certificate is to be for.</param>
    /// <param name="names">An orchestrator's names and addresses.</param>
    /// <param name="path">The file for the request.</param>
    /// <exception cref="UserErrorException">A file cannot be written.</exception>
    public void WriteRequest(CertificateRole role, IReadOnlyList<string> names, string path)
    {
        using ECDsa key = folder.OpenKey();
        SigningRequest request = SigningRequest.Create(role, names, key);
        try
        {
            ReplacedFile.Write(path, Encoding.ASCII.GetBytes(request.ToPem()));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.Usage, $"cannot write '{path}': {FileError.ReasonOf(path, e)}", e);
        }

        Show(request);
        write($"signing request: {path}; take it to the CA, tell its person the fingerprint, and come back with --certificate FILE");
    }

    /// <summary>By hand, the second step: takes in what the CA wrote.</summary>
    /// <param name="path">The file.</param>
    /// <param name="token">The secret of orchestrator and nodes; empty if there is none.</param>
    /// <param name="finish">Writes further files into the folder that it is given, for the role of the certificate.</param>
    /// <exception cref="UserErrorException">The file is not what the CA wrote for this key, or a file cannot be written.</exception>
    public void TakeIn(string path, byte[] token, Action<string, CertificateRole>? finish = null)
    {
        using ECDsa key = folder.ReadKey();
        var issued = IssuedFiles.Load(path);
        CertificateRole role = CertificateRole.Find(issued.Certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false))
            ?? throw new UserErrorException(ExitCode.Usage, $"'{path}' holds no certificate of an orchestrator, a worker or nodes");
        try
        {
            issued.Require(new PublicKey(key), role, TimeProvider.System.GetUtcNow());
        }
        catch (PeerAuthenticationException e)
        {
            throw new UserErrorException(ExitCode.Rejected, e.Message, e);
        }

        folder.Complete(issued, token, pending => finish?.Invoke(pending, role));
        write($"certificate for '{role.Name}' in {folder.Path}, valid until {CertificateProblem.Text(issued.Certificate.NotAfter)}");
        write($"the CA's certificate has the SHA-256 {issued.Authority.GetCertHashString(HashAlgorithmName.SHA256)}; its person can tell you whether that is right");
    }

    /// <summary>Over the network: all in one step.</summary>
    /// <param name="authority">The CA's server.</param>
    /// <param name="token">The one-time token.</param>
    /// <param name="names">An orchestrator's names and addresses; the CA has the last word.</param>
    /// <param name="finish">Writes further files into the folder that it is given.</param>
    /// <param name="cancellationToken">Cancels the operation.</param>
    /// <exception cref="UserErrorException">The CA is unreachable, is not the one of the token, or refused.</exception>
    public async Task EnrollAsync(
        NetworkAddress authority, EnrolmentToken token, IReadOnlyList<string> names, Action<string, SigningGrant>? finish, CancellationToken cancellationToken)
    {
        using ECDsa key = folder.OpenKey();
        SigningRequest request = SigningRequest.Create(token.Role, names, key);
        Show(request);
        try
        {
            await using AuthorityClient client = await AuthorityClient.OpenAsync(authority, ApplicantWants.Enrolment, token.Id, token.IsOf, Proxy, cancellationToken);
            (IssuedFiles issued, SigningGrant grant) = await client.EnrollAsync(
                token, request, () => write("the CA's person is asked; compare the fingerprint with the one that is shown there"), cancellationToken);
            folder.Complete(issued, grant.Token, pending => finish?.Invoke(pending, grant));
            write($"certificate for '{token.Role.Name}' in {folder.Path}, valid until {CertificateProblem.Text(issued.Certificate.NotAfter)}");
        }
        catch (Exception e) when (e is PeerAuthenticationException or AuthorityRefusalException)
        {
            throw new UserErrorException(ExitCode.Rejected, e.Message, e);
        }
        catch (ConnectionLostException e)
        {
            throw new UserErrorException(ExitCode.Network, $"the CA at {authority}: {e.Message}; the key is kept, run the same again", e);
        }
    }

    private void Show(SigningRequest request) => write($"fingerprint of the key: {Fingerprint.Of(request.PublicKey)}");
}
