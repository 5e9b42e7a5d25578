using System.Buffers;
using System.Net;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Connections;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Orchestration.Runs;

namespace TraversalLearning.Orchestration.Observe.Dashboard;

/// <summary>
/// The live page of runs and studies (docs/guide/watching.md): a small web server in the program that trains. A run that is shown is not slowed by those who look:
/// each of them has a queue of its own, and loses what it is too slow for.
/// </summary>
internal sealed class DashboardServer : IAsyncDisposable
{
    private const int MaxConnections = 64;
    private const int MaxRequestBody = 4096;
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _web;
    private readonly LogTail _log = new();
    private readonly EventFeed _events = new();
    private readonly BoardFeed _feed;

    private DashboardServer(IPAddress address, DashboardOptions options, Action<Exception>? failed, MeterProvider? metrics)
    {
        _web = Build(address, options.Port);
        Board = new Board(_log);
        _feed = new BoardFeed(Board, options.Interval, failed);
        _web.UseRouting();
        _web.Use(new DashboardGuard(options.Token).AnswerAsync);
        Map(metrics);
    }

    /// <summary>Where it is.</summary>
    public string Url { get; private set; } = string.Empty;

    /// <summary>What it shows.</summary>
    public Board Board { get; }

    /// <summary>How many browsers look.</summary>
    public int Clients => _feed.Clients;

    /// <summary>The most updates that are on their way to one browser now.</summary>
    public int LongestQueue => _feed.LongestQueue;

    /// <summary>Begins to listen.</summary>
    /// <param name="options">Where, and for whom.</param>
    /// <param name="failed">Told of what could not be read to be shown; it is tried again.</param>
    /// <param name="metrics">What <c>/metrics</c> has, with an exporter for Prometheus; <see langword="null"/> for none.</param>
    /// <exception cref="UserErrorException">The address cannot be bound, or is open to others without a token.</exception>
    public static async Task<DashboardServer> StartAsync(DashboardOptions options, Action<Exception>? failed = null, MeterProvider? metrics = null)
    {
        options.Require();
        var server = new DashboardServer(ListenAddress.Parse(options.Host), options, failed, metrics);
        try
        {
            await server._web.StartAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await server.DisposeAsync();
            throw new UserErrorException(
                ExitCode.Network, $"the live page cannot listen on {options.Host}:{options.Port}: {e.GetBaseException().Message}; choose another --dashboard_port", e);
        }

        string host = options.Host.Contains(':', StringComparison.Ordinal) ? $"[{options.Host}]" : options.Host;
        server.Url = $"http://{host}:{new Uri(server._web.Urls.First()).Port}/";
        return server;
    }

    /// <summary>Shows a run that is about to begin, instead of the one before.</summary>
    /// <returns>To be disposed when it has ended; it is shown until there is another one.</returns>
    public IDisposable Show(RunRequest request) => new Shown(Board.Show(request), _events.Follow(request.Events));

    /// <summary>Shows the runs of a study.</summary>
    /// <param name="rows">Reads them; called a few times a second while somebody looks.</param>
    public void Show(Func<IReadOnlyList<StudyRow>> rows) => Board.Study = rows;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _events.Dispose();
        await _feed.DisposeAsync();
        using var deadline = new CancellationTokenSource(ShutdownTimeout);
        await _web.StopAsync(deadline.Token);
        await _web.DisposeAsync();
        _log.Dispose();
    }

    private void Map(MeterProvider? metrics)
    {
        _web.Map("/app.js", () => PageFile.Script.ToResult()).AllowAnonymous();
        _web.Map("/style.css", () => PageFile.Style.ToResult()).AllowAnonymous();
        _web.MapGet("/", () => PageFile.Index.ToResult());
        _web.MapGet("/state", () => TypedResults.Text(State(), "application/json"));
        _web.MapGet("/stream", context => StreamAsync(
            context, (body, left) => SseFormatter.WriteAsync(_feed.ReadAsync(left), body, static (item, buffer) => buffer.Write(item.Data), left)));
        _web.MapGet("/events", context => StreamAsync(
            context, (body, left) => SseFormatter.WriteAsync(_events.ReadAsync(context.Request.Headers["Last-Event-ID"], left), body, left)));
        if (metrics is not null)
        {
            _web.MapPrometheusScrapingEndpoint("/metrics", metrics, configureBranchedPipeline: null, optionsName: null);
        }

        _web.Map("{**path}", () => DashboardGuard.Say("not found\n", StatusCodes.Status404NotFound));
    }

    /// <summary>All that the page shows, once, for programs.</summary>
    private string State()
    {
        BoardCursor nothing = default;
        return Board.Changes(ref nothing).ToJsonString();
    }

    private static async Task StreamAsync(HttpContext context, Func<Stream, CancellationToken, Task> write)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            // At once, whether or not there is an event yet; and how soon a browser tries again when its connection has ended.
            await context.Response.WriteAsync("retry: 1000\n\n", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await write(context.Response.Body, context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The browser has left.
        }
    }

    private static WebApplication Build(IPAddress address, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = ShutdownTimeout);
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxRequestBodySize = MaxRequestBody;
            kestrel.Listen(address, port, listen => listen.Protocols = HttpProtocols.Http1);
        });
        return builder.Build();
    }

    private sealed class Shown(IDisposable view, IDisposable events) : IDisposable
    {
        public void Dispose()
        {
            view.Dispose();
            events.Dispose();
        }
    }

    /// <summary>The program's own handlers of signals are enough: they end the run in good order.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
