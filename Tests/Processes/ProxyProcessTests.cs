using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>Nodes that reach their orchestrator through a proxy: a real one, tinyproxy.</summary>
public sealed class ProxyProcessTests
{
    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    private string[] Flags => ["--dataset", _data, "--num_nodes", "2", "--device", "cpu", "--threads", "1"];

    [OneTimeSetUp]
    public void Prepare()
    {
        _data = _folder.WriteDataset();
        using var authority = new TestAuthority();
        authority.WriteTo(
            _folder.Path, ("orchestrator", TestAuthority.OrchestratorShape), ("node-1", TestAuthority.NodeShape(1)), ("node-2", TestAuthority.NodeShape(2)));
        Files.PrivateFiles.WriteDurably(_folder["token"], "the secret of these tests"u8);
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Nodes_train_with_TLS_through_the_proxy_to_the_bytes_of_a_run_without_it()
    {
        await using Tinyproxy proxy = await Tinyproxy.StartAsync(_folder);
        FinishedProgram direct = await TrainAsync("direct", []);
        Assert.That(proxy.Log, Has.None.Contains(": CONNECT "));
        FinishedProgram proxied = await TrainAsync("proxied", ["--proxy", proxy.Url]);
        Assert.That(proxied.Hash, Is.EqualTo(direct.Hash));
        Assert.That(proxy.Log.Count(l => l.Contains(": CONNECT 127.0.0.1:", StringComparison.Ordinal)), Is.EqualTo(2), string.Join('\n', proxy.Log));
    }

    [Test]
    public async Task Heartbeats_keep_a_connection_alive_that_the_proxy_would_cut_when_idle()
    {
        await using Tinyproxy proxy = await Tinyproxy.StartAsync(_folder, "Timeout 1");
        await using RunningProgram orchestrator = StartOrchestrator("idle", "--heartbeat_interval", "0.2");
        int port = await orchestrator.PortAsync();
        await using RunningProgram node1 = StartNode(1, port, "--proxy", proxy.Url);
        await orchestrator.WaitForLineAsync("node 1 joined");
        await Task.Delay(TimeSpan.FromSeconds(4)); // Nothing to do: node 2 is not there yet.
        await using RunningProgram node2 = StartNode(2, port, "--proxy", proxy.Url);
        Assert.That((await orchestrator.EndAsync()).ExitCode, Is.Zero, orchestrator.Transcript);
        Assert.That((await node1.EndAsync()).Output, Has.None.Contains("the connection ended"));
        Assert.That((await node2.EndAsync()).ExitCode, Is.Zero, node2.Transcript);
    }

    [TestCase("http://node:wrong@127.0.0.1:", "does not accept this user and password")]
    [TestCase("http://127.0.0.1:", "asks for a user")]
    public async Task A_wrong_password_ends_the_node_with_one_line(string url, string text)
    {
        await using Tinyproxy proxy = await Tinyproxy.StartAsync(_folder);
        FinishedProgram node = await RunningCommand.RunNodeAsync([.. NodeFlags(1, 12345), "--proxy", $"{url}{proxy.Port}"]);
        AssertOneLine(node, text);
    }

    [Test]
    public async Task A_port_that_the_proxy_does_not_allow_ends_the_node_with_one_line()
    {
        await using Tinyproxy proxy = await Tinyproxy.StartAsync(_folder, "ConnectPort 443");
        FinishedProgram node = await RunningCommand.RunNodeAsync([.. NodeFlags(1, 12345), "--proxy", proxy.Url]);
        AssertOneLine(node, "ask its administrator to allow CONNECT to this host and port 12345");
    }

    [Test]
    public async Task An_orchestrator_that_is_not_up_yet_is_waited_for()
    {
        await using Tinyproxy proxy = await Tinyproxy.StartAsync(_folder);
        FinishedProgram node = await RunningCommand.RunNodeAsync([.. NodeFlags(1, 1), "--proxy", proxy.Url, "--connect_timeout", "0.5"]);
        Assert.That(node.ExitCode, Is.EqualTo(3), node.ToString());
        Assert.That(node.Output, Has.Some.Contains("the host may not be up yet").And.Some.Contains("trying again in"));
    }

    [Test]
    public async Task A_proxy_on_another_machine_needs_TLS_and_token_even_for_an_orchestrator_on_this_one()
    {
        FinishedProgram node = await RunningCommand.RunNodeAsync(["--node_id", "1", .. Flags, "--proxy", "http://192.0.2.1:3128"]);
        Assert.That(node.ExitCode, Is.EqualTo(2), node.ToString());
        Assert.That(node.Errors.Single(), Does.StartWith("error: the proxy 192.0.2.1 is another machine: give --tls_ca and --token_file"));
    }

    [Test]
    public async Task A_worker_of_a_study_takes_the_same_flag()
    {
        await using var proxy = new TestProxy(_ => "HTTP/1.1 403 Filtered\r\n\r\n");
        FinishedProgram worker = await RunningCommand.RunOrchestratorAsync(
            ["worker", "--port", "12345", "--scratch", _folder["scratch"], "--proxy", $"http://127.0.0.1:{proxy.Port}"]);
        AssertOneLine(worker, "its rules forbid it");
        Assert.That(proxy.Requests.Single(), Does.StartWith("CONNECT 127.0.0.1:12345 "));
    }

    private static void AssertOneLine(FinishedProgram node, string text)
    {
        Assert.That(node.ExitCode, Is.EqualTo(3), node.ToString());
        Assert.That(node.Errors, Has.Length.EqualTo(1));
        Assert.That(node.Errors[0], Does.StartWith("error: the proxy http://127.0.0.1:").And.Contains(text));
    }

    private async Task<FinishedProgram> TrainAsync(string output, string[] nodeFlags)
    {
        await using RunningProgram orchestrator = StartOrchestrator(output);
        int port = await orchestrator.PortAsync();
        await using RunningProgram node1 = StartNode(1, port, nodeFlags);
        await using RunningProgram node2 = StartNode(2, port, nodeFlags);
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That((await node1.EndAsync()).ExitCode, Is.Zero, node1.Transcript);
        Assert.That((await node2.EndAsync()).ExitCode, Is.Zero, node2.Transcript);
        return ended;
    }

    private RunningProgram StartOrchestrator(string output, params string[] flags) => RunningProgram.StartOrchestrator(
        [.. Flags, "--epochs", "1", "--batch_size", "16", "--port", "0", "--output", _folder[output], .. Security("orchestrator"), .. flags]);

    private RunningProgram StartNode(int id, int port, params string[] flags) => RunningProgram.StartNode([.. NodeFlags(id, port), .. flags]);

    private string[] NodeFlags(int id, int port) => ["--node_id", $"{id}", "--port", $"{port}", .. Flags, .. Security($"node-{id}")];

    private string[] Security(string name) =>
        ["--tls_cert", _folder[$"{name}.pem"], "--tls_key", _folder[$"{name}.key"], "--tls_ca", _folder["ca.pem"], "--token_file", _folder["token"]];
}
