using System.Net;
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
    private const string Metrics = "/metrics";
    private const int MaxConnections = 64;
    private const int MaxRequestBody = 4096;
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(1);

    private readonly WebApplication _web;
    private readonly LogTail _log;
    private readonly EventFeed _events = new();
    private readonly BoardFeed _feed;
    private readonly DashboardAccess _access;

    private DashboardServer(WebApplication web, DashboardOptions options, int port, LogTail log, Action<Exception>? failed)
    {
        (_web, _log) = (web, log);
        Board = new Board(log);
        _feed = new BoardFeed(Board, options.Interval, failed);
        _access = new DashboardAccess(options.Token, port);
        Url = $"http://{(options.Host.Contains(':', StringComparison.Ordinal) ? $"[{options.Host}]" : options.Host)}:{port}/";
    }

    /// <summary>Where it is.</summary>
    public string Url { get; }

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
        IPAddress address = ListenAddress.Parse(options.Host);
        DashboardServer? server = null;
        WebApplication web = Build(address, options.Port);
        web.Use((context, further) => Volatile.Read(ref server)?.AnswerAsync(context, further) ?? SayAsync(context, StatusCodes.Status503ServiceUnavailable, "not yet\n"));
        if (metrics is not null)
        {
            web.UseOpenTelemetryPrometheusScrapingEndpoint(metrics, predicate: null, Metrics, configureBranchedPipeline: null, optionsName: null);
        }

        try
        {
            await web.StartAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            await web.DisposeAsync();
            throw new UserErrorException(
                ExitCode.Network, $"the live page cannot listen on {options.Host}:{options.Port}: {e.GetBaseException().Message}; choose another --dashboard_port", e);
        }

        int port = new Uri(web.Urls.First()).Port;
        var started = new DashboardServer(web, options, port, new LogTail(), failed);
        Volatile.Write(ref server, started);
        return started;
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

    private static WebApplication Build(IPAddress address, int port)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
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

    private async Task AnswerAsync(HttpContext context, RequestDelegate further)
    {
        Harden(context.Response.Headers);
        HttpRequest request = context.Request;
        string path = request.Path.Value ?? "/";
        if (!_access.Serves(request))
        {
            await SayAsync(context, StatusCodes.Status421MisdirectedRequest, "this page is for 127.0.0.1 and localhost only\n");
        }
        else if (path is "/style.css" or "/app.js")
        {
            await SendAsync(context, path == "/app.js" ? PageFile.Script : PageFile.Style);
        }
        else if (path == "/login" || request.Query.ContainsKey("token") || !_access.Admits(request))
        {
            await LetInAsync(context, path);
        }
        else if (!HttpMethods.IsGet(request.Method))
        {
            await SayAsync(context, StatusCodes.Status405MethodNotAllowed, "GET only\n");
        }
        else
        {
            await AnswerAsync(context, path, further);
        }
    }

    private Task AnswerAsync(HttpContext context, string path, RequestDelegate further) => path switch
    {
        "/" => SendAsync(context, PageFile.Index),
        "/stream" => StreamAsync(context, _feed.ServeAsync),
        "/events" => StreamAsync(context, (send, left) => _events.ServeAsync(context.Request.Headers["Last-Event-ID"], send, left)),
        "/state" => SayAsync(context, StatusCodes.Status200OK, State(), "application/json"),
        Metrics => further(context),
        _ => SayAsync(context, StatusCodes.Status404NotFound, "not found\n"),
    };

    /// <summary>All that the page shows, once, for programs.</summary>
    private string State()
    {
        BoardCursor nothing = default;
        return Board.Changes(ref nothing).ToJsonString();
    }

    private async Task LetInAsync(HttpContext context, string path)
    {
        if (await _access.TryEnterAsync(context))
        {
            return;
        }

        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        if (path is "/" or "/login")
        {
            await SendAsync(context, PageFile.Login);
        }
        else
        {
            await SayAsync(context, StatusCodes.Status401Unauthorized, "a token is needed: open / in a browser, or send it as Authorization: Bearer\n");
        }
    }

    private async Task StreamAsync(HttpContext context, Func<Func<ReadOnlyMemory<byte>, CancellationToken, Task>, CancellationToken, Task> serve)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            await SendFrameAsync(Frame.Retry, context.RequestAborted);
            await serve(SendFrameAsync, context.RequestAborted);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            // The browser has left.
        }

        async Task SendFrameAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
        {
            await context.Response.Body.WriteAsync(frame, cancellationToken);
            await context.Response.Body.FlushAsync(cancellationToken);
        }
    }

    private static void Harden(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }

    private static async Task SendAsync(HttpContext context, PageFile file)
    {
        context.Response.ContentType = file.ContentType;
        context.Response.ContentLength = file.Content.Length;
        await context.Response.Body.WriteAsync(file.Content, context.RequestAborted);
    }

    private static Task SayAsync(HttpContext context, int status, string text, string contentType = "text/plain; charset=utf-8")
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        return context.Response.WriteAsync(text, context.RequestAborted);
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
