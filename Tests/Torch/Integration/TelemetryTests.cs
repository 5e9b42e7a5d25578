using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using OpenTelemetry.Metrics;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Observe.Dashboard;
using TraversalLearning.Orchestration.Observe.Telemetry;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Runs;
using TraversalLearning.Orchestration.Runs.Folder;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>The metrics of a run, as a collector and as Prometheus get them.</summary>
[NonParallelizable]
public sealed partial class TelemetryTests
{
    // docs/reference/metrics.md documents them.
    private static readonly string[] Names =
    [
        "tl.rounds", "tl.rows", "tl.rows.skipped", "tl.round.duration", "tl.epoch", "tl.train.loss", "tl.train.accuracy", "tl.test.loss", "tl.test.accuracy", "tl.nodes",
        "tl.node.losses", "tl.node.slowdowns", "tl.node.compute", "tl.network.io", "tl.checkpoints", "tl.runs",
    ];

    [Test, CancelAfter(60_000)]
    public async Task A_collector_gets_every_metric_by_its_documented_name(CancellationToken cancellationToken)
    {
        using HttpListener collector = Listen(out Uri url);
        using var folder = new TempFolder();
        using var metrics = new RunMetrics();
        using (MeterProvider export = MetricsExport.Start(url, prometheus: false, TimeSpan.FromMinutes(10)))
        {
            Happen(metrics, folder);
            Task<byte[]> body = ReceiveAsync(collector, cancellationToken);
            export.ForceFlush(10_000);
            string text = Encoding.Latin1.GetString(await body);
            Assert.That(Names.Where(n => !text.Contains(n, StringComparison.Ordinal)), Is.Empty);
            Assert.That(text, Does.Contain("traversal-learning-orchestrator"));

            // What is sent at the end has nobody to take it.
            collector.Stop();
        }
    }

    [Test, CancelAfter(60_000)]
    public async Task Prometheus_reads_them_from_the_live_pages_port(CancellationToken cancellationToken)
    {
        using var folder = new TempFolder();
        using var metrics = new RunMetrics();
        using MeterProvider export = MetricsExport.Start(otlp: null, prometheus: true);
        await using DashboardServer server = await DashboardServer.StartAsync(new DashboardOptions("127.0.0.1", 0, null), metrics: export);
        Happen(metrics, folder);
        using var client = new HttpClient();
        string text = await client.GetStringAsync(new Uri(new Uri(server.Url), "/metrics"), cancellationToken);
        string[] lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines.Where(l => !Sample().IsMatch(l) && !l.StartsWith('#')), Is.Empty);
        Assert.That(lines, Has.Some.StartsWith("tl_rounds_total{").And.EndsWith(" 2"));
        Assert.That(lines, Has.Some.StartsWith("tl_train_loss_ratio{").Or.StartsWith("tl_train_loss{"));
        Assert.That(lines, Has.Some.Contains("network_io_direction=\"receive\"").And.EndsWith(" 20"));
        Assert.That(lines, Has.Some.Contains("tl_node_state=\"connected\"").And.EndsWith(" 1"));
        Assert.That(lines, Has.Some.StartsWith("tl_round_duration_seconds_bucket{"));
    }

    private static void Happen(RunMetrics metrics, TempFolder folder)
    {
        using RunFolder runFolder = RunFolder.Create(folder["run"]);
        var request = new RunRequest(new ClusterOptions().NewContext().Options, runFolder);
        request.Probe.Nodes = static () => [new NodeReading(1, "127.0.0.1:5", 100, TimeSpan.Zero, 10, 20)];
        request.Probe.SpeedOf = static _ => default;
        using IDisposable following = metrics.Follow(request);
        var outcome = new RoundOutcome(LossSum: 6, Hits: 2, Rows: 4, SkippedRows: 1, Visits: 1);
        request.Events.Publish(new RoundCompleted(new Round(1, 0), 2, outcome));
        request.Events.Publish(new RoundCompleted(new Round(1, 1), 2, outcome));
        request.Events.Publish(new EpochCompleted(TrainingProgress.Start.After(outcome), new Evaluation(0.5, 0.75, MacroF1: double.NaN, Auc: null), RunMeters.Zero));
        request.Events.Publish(new CheckpointSaved(2, "here"));
        request.Events.Publish(new NodeLost(1, "cut"));
        request.Events.Publish(new NodeSlow(1, 9, 1));
        request.Events.Publish(new RunCompleted(null, 2, "abc"));
    }

    private static HttpListener Listen(out Uri url)
    {
        for (int port = 20_000 + (Environment.ProcessId % 20_000); ; port++)
        {
            var listener = new HttpListener();
            listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                listener.Start();
                url = new Uri($"http://127.0.0.1:{port}");
                return listener;
            }
            catch (HttpListenerException)
            {
                listener.Close();
            }
        }
    }

    private static async Task<byte[]> ReceiveAsync(HttpListener listener, CancellationToken cancellationToken)
    {
        HttpListenerContext context = await listener.GetContextAsync().WaitAsync(cancellationToken);
        Assert.That((context.Request.HttpMethod, context.Request.Url!.AbsolutePath, context.Request.ContentType), Is.EqualTo(("POST", "/v1/metrics", "application/x-protobuf")));
        using var body = new MemoryStream();
        await context.Request.InputStream.CopyToAsync(body, cancellationToken);
        context.Response.Close();
        return body.ToArray();
    }

    // Prometheus' text format: name, labels, value, and maybe a time.
    [GeneratedRegex("""^[a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})? (NaN|[+-]?Inf|[-+0-9.eE]+)( -?[0-9]+)?$""", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sample();
}
