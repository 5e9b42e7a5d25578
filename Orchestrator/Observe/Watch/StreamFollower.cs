using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using TraversalLearning.Hosting;

namespace TraversalLearning.Orchestration.Observe.Watch;

/// <summary>The events of a program that trains, from the port of its live page: the last ones, then each as it happens. It comes back when the connection ends.</summary>
/// <param name="url">The stream.</param>
/// <param name="token">The secret, as text; <see langword="null"/> for none.</param>
/// <param name="notes">Told of connections that end, and of events that were missed.</param>
/// <param name="pause">How long it waits before it tries again.</param>
internal sealed class StreamFollower(Uri url, string? token, Action<string> notes, TimeSpan pause) : IDisposable
{
    private readonly HttpClient _client = new() { Timeout = Timeout.InfiniteTimeSpan };
    private string? _lastSeen;
    private bool _complained;

    /// <summary>The events as JSON, until it is cancelled; <see langword="null"/> where there is none at the moment.</summary>
    /// <exception cref="UserErrorException">Somebody else listens there, or the token is not right.</exception>
    public async IAsyncEnumerable<string?> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            await foreach (string json in ReadOnceAsync(cancellationToken))
            {
                yield return json;
            }

            yield return null;
            await Task.Delay(pause, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private async IAsyncEnumerable<string> ReadOnceAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using HttpResponseMessage? response = await TryConnectAsync(cancellationToken);
        if (response is null)
        {
            yield break;
        }

        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using IAsyncEnumerator<SseItem<string>> items = SseParser.Create(stream).EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await TryMoveAsync(items))
        {
            if (items.Current.EventType == "run_event")
            {
                _lastSeen = items.Current.EventId ?? _lastSeen;
                yield return items.Current.Data;
            }
            else if (items.Current.EventType == "lost")
            {
                notes($"{items.Current.Data} events were missed: this program was too slow for them");
            }
        }
    }

    private async Task<HttpResponseMessage?> TryConnectAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        if (_lastSeen is not null)
        {
            request.Headers.Add("Last-Event-ID", _lastSeen);
        }

        try
        {
            HttpResponseMessage response = await _client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.Unauthorized)
            {
                throw new UserErrorException(ExitCode.Rejected, $"{url.Authority} asks for a token: give --token_file with the one that the run has");
            }

            if (response is not { IsSuccessStatusCode: true, Content.Headers.ContentType.MediaType: "text/event-stream" })
            {
                throw new UserErrorException(ExitCode.Network, $"{url.Authority} is no live page of a run: it answered {(int)response.StatusCode}");
            }

            _complained = false;
            return response;
        }
        catch (HttpRequestException e)
        {
            Complain(e.Message);
            return null;
        }
    }

    private async Task<bool> TryMoveAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            Complain(e.Message);
            return false;
        }
    }

    private void Complain(string reason)
    {
        if (!_complained)
        {
            notes($"not connected to {url.Authority}: {reason}; trying again until it is there");
            _complained = true;
        }
    }
}
