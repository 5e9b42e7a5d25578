using System.Net;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using TraversalLearning.Hosting;
using TraversalLearning.Orchestration.Events;
using TraversalLearning.Orchestration.Observe.Dashboard;
using TraversalLearning.Orchestration.Observe.Watch;
using TraversalLearning.Orchestration.Options;
using TraversalLearning.Orchestration.Reports;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>What the live page sends, to whom, and what it does not let a browser do to a run.</summary>
public sealed class DashboardTests
{
    private const string Secret = "a secret of some length";

    [Test, CancelAfter(60_000)]
    public async Task A_browser_gets_all_there_is_and_then_what_changes(CancellationToken cancellationToken)
    {
        await using ShownRun run = await ShownRun.StartAsync();
        run.Events.Publish(new RunStarted("tl", Epochs: 1, Nodes: 3, Step: 0));
        run.Round(loss: 2.5);
        using var client = new HttpClient();
        await using IAsyncEnumerator<JsonElement> updates = UpdatesAsync(client, run.Server.Url, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await updates.MoveNextAsync();
        Assert.That(updates.Current.GetProperty("reset").GetBoolean(), Is.True);
        Assert.That(updates.Current.GetProperty("run").GetProperty("algorithm").GetString(), Is.EqualTo("tl"));
        Assert.That(updates.Current.GetProperty("curve").GetRawText(), Is.EqualTo("""{"from":0,"points":[[1,2.5,0.5]]}"""));

        run.Round(loss: 1.5);
        JsonElement curve;
        do
        {
            await updates.MoveNextAsync();
            curve = updates.Current.GetProperty("curve");
        }
        while (!curve.GetRawText().Contains("[2,1.5,0.5]", StringComparison.Ordinal));
        Assert.That(updates.Current.GetProperty("progress").GetProperty("steps").GetInt32(), Is.EqualTo(2));

        run.Events.Publish(new RunCompleted(StoppedBy: "accuracy", 2, "abc"));
        while (updates.Current.GetProperty("progress").GetProperty("state").GetString() != "completed")
        {
            await updates.MoveNextAsync();
        }

        Assert.That(updates.Current.GetProperty("progress").GetProperty("detail").GetString(), Does.Contain("accuracy").And.Contain("abc"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Nodes_are_lost_and_back_and_expected(CancellationToken cancellationToken)
    {
        await using ShownRun run = await ShownRun.StartAsync();
        run.Nodes =
        [
            new NodeReading(1, "127.0.0.1:5", 100, TimeSpan.FromSeconds(2), 10, 20) { Metadata = "site=<b>Bern</b>" },
            new NodeReading(2, null, 100, TimeSpan.Zero, 10, 20),
            new NodeReading(3, null, null, TimeSpan.Zero, 0, 0),
        ];
        run.Events.Publish(new NodeLost(2, "cut"));
        using var client = new HttpClient();
        JsonElement nodes = (await StateAsync(client, run.Server.Url, cancellationToken)).GetProperty("nodes");
        Assert.That(
            nodes.GetProperty("rows").EnumerateArray().Select(n => (n.GetProperty("state").GetString(), n.GetProperty("reason").GetString())),
            Is.EqualTo(new[] { ("connected", null), ("lost", "cut"), ("expected", (string?)null) }));
        Assert.That(nodes.GetProperty("states").GetRawText(), Is.EqualTo("""{"connected":1,"lost":1,"expected":1}"""));
    }

    [Test, CancelAfter(60_000)]
    public async Task A_study_is_shown_by_the_state_of_its_runs(CancellationToken cancellationToken)
    {
        await using ShownRun run = await ShownRun.StartAsync();
        var row = new StudyRow(new StudyRun("a-1", new Dictionary<string, string>(StringComparer.Ordinal) { ["lr"] = "0.1" }, 1, []), StudyRunState.Queued) { Folder = "a-1" };
        run.Server.Show(() => [row, row with { State = StudyRunState.Running, Worker = "here-1" }, row with { State = StudyRunState.Failed, Failure = "no data" }]);
        using var client = new HttpClient();
        JsonElement study = (await StateAsync(client, run.Server.Url, cancellationToken)).GetProperty("study");
        Assert.That(study.GetProperty("states").GetRawText(), Is.EqualTo("""{"queued":1,"running":1,"done":0,"halved":0,"failed":1}"""));
        Assert.That(study.GetProperty("rows")[2].GetProperty("failure").GetString(), Is.EqualTo("no data"));
        Assert.That(study.GetProperty("rows")[1].GetProperty("settings").GetString(), Is.EqualTo("lr=0.1"));
    }

    [Test, CancelAfter(120_000)]
    public async Task A_client_that_never_reads_costs_a_run_neither_its_time_nor_its_memory(CancellationToken cancellationToken)
    {
        await using ShownRun run = await ShownRun.StartAsync(new DashboardOptions("127.0.0.1", 0, null) { Interval = TimeSpan.FromMilliseconds(1) });
        var url = new Uri(run.Server.Url);
        var idle = new List<TcpClient>();
        foreach (string path in new[] { "/stream", "/events" })
        {
            var client = new TcpClient { ReceiveBufferSize = 1024 };
            idle.Add(client);
            await client.ConnectAsync(url.Host, url.Port, cancellationToken);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"), cancellationToken);
        }

        while (run.Server.Clients == 0)
        {
            await Task.Delay(1, cancellationToken);
        }

        // Each of these would go out, were there somebody who took it; the run ends all the same, whatever becomes of them.
        run.Nodes = [.. Enumerable.Range(1, NodeTable.MaxRows).Select(id => new NodeReading(id, "127.0.0.1:5", 100, TimeSpan.Zero, 10, 20) { Metadata = new string('x', 500) })];
        int longest = 0;
        for (int i = 0; i < 200_000; i++)
        {
            run.Round(loss: i);
            run.Events.Publish(new NodeLost(1, "cut"));
            longest = Math.Max(longest, i % 1000 == 0 ? run.Server.LongestQueue : 0);
        }

        Assert.That(longest, Is.LessThanOrEqualTo(BoardFeed.Capacity));
        using var reader = new HttpClient();
        JsonElement state = await StateAsync(reader, run.Server.Url, cancellationToken);
        Assert.That(state.GetProperty("progress").GetProperty("steps").GetInt32(), Is.EqualTo(200_000));
        Assert.That(state.GetProperty("curve").GetProperty("points").GetArrayLength(), Is.LessThanOrEqualTo(LossCurve.DefaultCapacity));
        idle.ForEach(c => c.Dispose());
    }

    [Test, CancelAfter(60_000)]
    public async Task With_a_token_nothing_is_seen_without_it(CancellationToken cancellationToken)
    {
        await using ShownRun run = await ShownRun.StartAsync(new DashboardOptions("127.0.0.1", 0, new Token(Encoding.UTF8.GetBytes(Secret))));
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var client = new HttpClient(handler) { BaseAddress = new Uri(run.Server.Url) };
        foreach (string path in new[] { "/", "/stream", "/events", "/state", "/metrics", "/?token=wrong", "/nowhere" })
        {
            using HttpResponseMessage answer = await client.GetAsync(path, cancellationToken);
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), path);
            Assert.That(await answer.Content.ReadAsStringAsync(cancellationToken), Does.Not.Contain("app.js").And.Not.Contain("curve"));
        }

        using HttpResponseMessage wrong = await client.PostAsync("/login", Form("wrong"), cancellationToken);
        Assert.That(wrong.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));
        using HttpResponseMessage right = await client.PostAsync("/login", Form(Secret), cancellationToken);
        Assert.That((right.StatusCode, right.Headers.Location), Is.EqualTo((HttpStatusCode.SeeOther, new Uri("/", UriKind.Relative))));
        string cookie = right.Headers.GetValues("Set-Cookie").Single();
        Assert.That(cookie, Does.Contain("httponly").IgnoreCase.And.Contain("samesite=lax").IgnoreCase.And.Not.Contain(Secret));
        Assert.That((await client.GetAsync("/state", cancellationToken)).StatusCode, Is.EqualTo(HttpStatusCode.OK), "the cookie");

        using var program = new HttpClient { BaseAddress = client.BaseAddress };
        program.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Secret);
        Assert.That((await program.GetAsync("/state", cancellationToken)).StatusCode, Is.EqualTo(HttpStatusCode.OK));

        using var address = new HttpClient { BaseAddress = client.BaseAddress };
        HttpResponseMessage page = await address.GetAsync($"/?token={Uri.EscapeDataString(Secret)}", cancellationToken);
        Assert.That((page.StatusCode, page.RequestMessage!.RequestUri!.Query), Is.EqualTo((HttpStatusCode.OK, string.Empty)), "the token does not stay in the address");
    }

    [Test, CancelAfter(60_000)]
    public async Task Watch_follows_the_events_of_a_page_and_comes_back_where_it_was(CancellationToken cancellationToken)
    {
        ShownRun run = await ShownRun.StartAsync(new DashboardOptions("127.0.0.1", 0, new Token(Encoding.UTF8.GetBytes(Secret))));
        var url = new Uri(new Uri(run.Server.Url), "/events");
        using var stranger = new StreamFollower(url, token: null, static _ => { }, TimeSpan.Zero);
        var lines = new List<string>();
        var watcher = new RunWatcher(EventTypes.Parse("node_lost,run_completed"), json: true, keep: false, lines.Add);
        Assert.That(() => watcher.RunAsync(stranger.ReadAsync(cancellationToken)), Throws.InstanceOf<UserErrorException>().With.Property("ExitCode").EqualTo(ExitCode.Rejected));

        run.Round(loss: 2);
        run.Events.Publish(new NodeLost(1, "before"));
        using var follower = new StreamFollower(url, Secret, static _ => { }, TimeSpan.Zero);
        await foreach (string? first in follower.ReadAsync(cancellationToken))
        {
            if (first?.Contains("before", StringComparison.Ordinal) ?? false)
            {
                break;
            }
        }

        // Another connection, behind what was seen.
        run.Events.Publish(new NodeLost(2, "after"));
        run.Events.Publish(new RunCompleted(null, 1, "abc"));
        Task watching = watcher.RunAsync(follower.ReadAsync(cancellationToken));
        while (lines.Count < 2)
        {
            await Task.Delay(5, cancellationToken);
        }

        // The program ends, and with the run's end before that so does who watches it.
        await run.DisposeAsync();
        await watching.WaitAsync(cancellationToken);
        Assert.That(lines.Select(l => JsonDocument.Parse(l).RootElement.GetProperty("event").GetString()), Is.EqualTo((string[])["node_lost", "run_completed"]));
        Assert.That(lines[0], Does.Contain("after"));
    }

    [Test, CancelAfter(60_000)]
    public async Task Without_a_token_a_name_of_somebody_else_is_not_answered(CancellationToken cancellationToken)
    {
        await using ShownRun run = await ShownRun.StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(run.Server.Url) };
        using var request = new HttpRequestMessage(HttpMethod.Get, "/state");
        request.Headers.Host = "evil.example";
        Assert.That((await client.SendAsync(request, cancellationToken)).StatusCode, Is.EqualTo(HttpStatusCode.MisdirectedRequest));
        Assert.That((await client.PostAsync("/state", Form("x"), cancellationToken)).StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
        using HttpResponseMessage page = await client.GetAsync("/", cancellationToken);
        Assert.That(page.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'").And.Not.Contain("unsafe"));
    }

    [Test]
    public void For_other_machines_a_token_is_needed()
    {
        Assert.That(
            () => DashboardServer.StartAsync(new DashboardOptions("0.0.0.0", 0, null)),
            Throws.InstanceOf<UserErrorException>().With.Property("ExitCode").EqualTo(ExitCode.Usage).And.Message.Contains("--token_file"));
        Assert.That(new DashboardOptions("0.0.0.0", 0, new Token(Encoding.UTF8.GetBytes(Secret))).Require, Throws.Nothing);
    }

    [Test]
    public async Task A_port_that_is_taken_is_an_error_that_says_so()
    {
        await using ShownRun run = await ShownRun.StartAsync();
        Assert.That(
            () => DashboardServer.StartAsync(new DashboardOptions("127.0.0.1", new Uri(run.Server.Url).Port, null)),
            Throws.InstanceOf<UserErrorException>().With.Property("ExitCode").EqualTo(ExitCode.Network).And.Message.Contains("--dashboard_port"));
    }

    private static FormUrlEncodedContent Form(string token) => new([KeyValuePair.Create("token", token)]);

    private static async Task<JsonElement> StateAsync(HttpClient client, string url, CancellationToken cancellationToken) =>
        JsonDocument.Parse(await client.GetStringAsync(new Uri(new Uri(url), "/state"), cancellationToken)).RootElement;

    private static async IAsyncEnumerable<JsonElement> UpdatesAsync(
        HttpClient client, string url, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using Stream stream = await client.GetStreamAsync(new Uri(new Uri(url), "/stream"), cancellationToken);
        await foreach (SseItem<string> item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            yield return JsonDocument.Parse(item.Data).RootElement;
        }
    }
}
