using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using TraversalLearning.Files;
using TraversalLearning.Messages;
using TraversalLearning.Security;
using TraversalLearning.Transport;

namespace TraversalLearning.Enrolment;

/// <summary>
/// Keeps the certificate files of one side current while it runs: renews the certificate when a third of its validity is left, and
/// fetches the list of revoked ones. Without an address of the CA it says in good time what a person has to do.
/// </summary>
public sealed class CertificateKeeper : IAsyncDisposable
{
    private static readonly TimeSpan ReminderSpan = TimeSpan.FromDays(30);
    private static readonly TimeSpan ReminderInterval = TimeSpan.FromDays(1);

    private readonly TlsSource _source;
    private readonly NetworkAddress? _authority;
    private readonly TimeSpan _interval;
    private readonly ILogger _log;
    private readonly TimeProvider _time;
    private readonly HttpProxy? _proxy;
    private readonly CancellationTokenSource _ending = new();
    private readonly Task _running;
    private DateTimeOffset _remindedAt = DateTimeOffset.MinValue;
    private string? _problem;

    private CertificateKeeper(TlsSource? source, NetworkAddress? authority, TimeSpan interval, ILogger log, TimeProvider time, HttpProxy? proxy)
    {
        _source = source!;
        _proxy = proxy;
        (_authority, _interval, _log, _time) = (authority, interval, log, time);
        _running = source is null ? Task.CompletedTask : RunAsync(_ending.Token);
    }

    /// <summary>How often a node looks.</summary>
    public static TimeSpan NodeInterval { get; } = TimeSpan.FromMinutes(10);

    /// <summary>How often an orchestrator looks: a revoked node is refused within a minute.</summary>
    public static TimeSpan OrchestratorInterval { get; } = TimeSpan.FromSeconds(20);

    /// <summary>Starts.</summary>
    /// <param name="source">The certificates; <see langword="null"/> without TLS, when there is nothing to keep.</param>
    /// <param name="authority">The CA's server; <see langword="null"/> if certificates are carried by hand.</param>
    /// <param name="interval">Time between two looks.</param>
    /// <param name="log">The program's log.</param>
    /// <param name="time">The clock.</param>
    /// <param name="proxy">The proxy to connect through; <see langword="null"/> for none.</param>
    public static CertificateKeeper Start(
        TlsSource? source, NetworkAddress? authority, TimeSpan interval, ILogger log, TimeProvider? time = null, HttpProxy? proxy = null) =>
        new(source, authority, interval, log, time ?? TimeProvider.System, proxy);

    /// <summary>When a certificate is renewed.</summary>
    public static DateTimeOffset RenewalOf(X509Certificate2 certificate)
    {
        DateTimeOffset end = CertificatePeriod.EndOf(certificate);
        return end - ((end - CertificatePeriod.StartOf(certificate)) / 3);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _running;
    }

    private async Task RunAsync(CancellationToken ending)
    {
        try
        {
            while (true)
            {
                await LookAsync(ending);
                await Task.Delay(_interval, _time, ending);
            }
        }
        catch (OperationCanceledException)
        {
            // The program ends.
        }
    }

    private async Task LookAsync(CancellationToken ending)
    {
        _source.Refresh(_log);
        if (_authority is not null)
        {
            try
            {
                await FetchRevokedAsync(_authority, ending);
                await RenewAsync(_authority, ending);
                _problem = null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or PeerAuthenticationException or AuthorityRefusalException)
            {
                Report($"the CA at {_authority}: {e.Message}");
            }
        }

        Remind();
    }

    private async Task FetchRevokedAsync(NetworkAddress authority, CancellationToken ending)
    {
        if (_source is not { Paths.Revoked: { } path, Current.Authority: { } trusted })
        {
            return;
        }

        await using AuthorityClient client = await AuthorityClient.OpenAsync(authority, ApplicantWants.Revoked, string.Empty, trusted.IsRoot, _proxy, ending);
        byte[] list = await client.ReadRevokedAsync(ending);
        RevocationList read = RevocationList.Parse(list, trusted.Roots, _time.GetUtcNow());
        if (trusted.Revoked is not { } known || read.Number > known.Number)
        {
            ReplacedFile.Write(path, Encoding.ASCII.GetBytes(RevocationList.ToPem(list)));
            _source.Refresh(_log);
        }
    }

    /// <summary>
    /// Renews with the same key. So one file is replaced, which cannot end half written, and the fingerprint that two people have
    /// compared stays the same. A new key is for a new enrolment.
    /// </summary>
    private async Task RenewAsync(NetworkAddress authority, CancellationToken ending)
    {
        if (_source is not { Paths.Certificate: { } path, Current: { Identity.Certificate: { } present, Authority: { } trusted } }
            || _time.GetUtcNow() < RenewalOf(present)
            || CertificateRole.Find(present.GetNameInfo(X509NameType.SimpleName, forIssuer: false)) is not { } role)
        {
            return;
        }

        using AsymmetricAlgorithm key = (AsymmetricAlgorithm?)present.GetECDsaPrivateKey() ?? present.GetRSAPrivateKey()
            ?? throw new CryptographicException("the key of the certificate is neither RSA nor ECDSA");
        var request = SigningRequest.Create(role, [], key);
        await using AuthorityClient client = await AuthorityClient.OpenAsync(authority, ApplicantWants.Renewal, present.SerialNumber, trusted.IsRoot, _proxy, ending);
        (IssuedFiles issued, _) = await client.RenewAsync(present, request, ending);
        ReplacedFile.Write(path, Encoding.ASCII.GetBytes(issued.Certificate.ExportCertificatePem() + "\n"));
        _log.CertificateRenewed(path, CertificateProblem.Text(issued.Certificate.NotAfter));
        _source.Refresh(_log);
    }

    private void Remind()
    {
        DateTimeOffset now = _time.GetUtcNow();
        if (_source.Current.Identity?.Certificate is not { } certificate)
        {
            return;
        }

        DateTimeOffset end = CertificatePeriod.EndOf(certificate);
        DateTimeOffset renewal = RenewalOf(certificate);
        DateTimeOffset from = _authority is null && end - ReminderSpan > renewal ? end - ReminderSpan : renewal;
        if (now >= from && now - _remindedAt >= ReminderInterval)
        {
            _remindedAt = now;
            _log.CertificateEnds(CertificateProblem.Text(end));
        }
    }

    private void Report(string problem)
    {
        // Said once, not at every look.
        if (!string.Equals(problem, _problem, StringComparison.Ordinal))
        {
            _problem = problem;
            _log.AuthorityUnusable(problem);
        }
    }
}
