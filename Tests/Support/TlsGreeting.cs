using System.Net.Security;

namespace TraversalLearning.Tests.Support;

/// <summary>The first flight of a TLS client: what makes a server compute, and costs the client nothing to send again.</summary>
internal static class TlsGreeting
{
    /// <summary>Records one.</summary>
    public static async Task<byte[]> MakeAsync()
    {
        var written = new MemoryStream();
        await using var client = new SslStream(new ScriptedStream(
            async (_, cancellationToken) =>
            {
                await ScriptedStream.Forever(cancellationToken);
                return 0;
            },
            async (bytes, cancellationToken) => await written.WriteAsync(bytes, cancellationToken)));
        using var enough = new CancellationTokenSource();
        Task handshake = client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, enough.Token);
        await Waiting.Until(() => written.Length > 0);
        await enough.CancelAsync();
        await handshake.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return written.ToArray();
    }
}

/// <summary>How often something has happened, and when it has so often.</summary>
internal sealed class AnswerCount
{
    private readonly SemaphoreSlim _each = new(0);

    public void Add() => _each.Release();

    public async Task ReachesAsync(int count, CancellationToken cancellationToken)
    {
        for (int i = 0; i < count; i++)
        {
            await _each.WaitAsync(cancellationToken);
        }
    }
}
