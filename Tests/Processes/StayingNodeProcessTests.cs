using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using TraversalLearning.NodeDaemon;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>The node as a service: between runs, its status, what systemd is told, and how it ends.</summary>
[Platform("Linux")]
public sealed class StayingNodeProcessTests
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    private string[] Flags => ["--dataset", _data, "--num_nodes", "1", "--device", "cpu", "--threads", "1"];

    [OneTimeSetUp]
    public void Prepare() => _data = _folder.WriteDataset();

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Two_runs_are_taken_by_one_process_that_says_how_it_is_and_ends_on_SIGTERM()
    {
        using Socket systemd = ListenFor("two.notify");
        var told = new ProgramLines();
        Task listening = Task.Run(() => ReceiveAll(systemd, told));
        int port = FreePort();
        await using RunningProgram node = RunningProgram.StartNodeIn(
            [$"NOTIFY_SOCKET={_folder["two.notify"]}", "WATCHDOG_USEC=400000"], [.. NodeFlags(port), "--state_dir", _folder["two"], "--stay"]);
        await told.FindAsync("WATCHDOG=1\nSTATUS=127.0.0.1:", listening, EndsWithin * 3);
        Assert.That(told.All[0], Does.StartWith("READY=1\nSTATUS=127.0.0.1:"));
        await TrainAsync(port, "first");
        await TrainAsync(port, "second");

        FinishedProgram second = await RunningProgram.RunNodeAsync([.. NodeFlags(port), "--state_dir", _folder["two"], "--stay"]);
        Assert.That(second.ExitCode, Is.EqualTo(2), second.ToString());
        Assert.That(second.Errors.Single(), Does.Contain("another node"));

        FinishedProgram status = await StatusAsync("two", "--json");
        Assert.That(status.ExitCode, Is.Zero, status.ToString());
        using var report = JsonDocument.Parse(string.Concat(status.Output));
        JsonElement hub = report.RootElement.GetProperty("hubs")[0];
        Assert.That((hub.GetProperty("state").GetString(), hub.GetProperty("runs").GetInt32()), Is.EqualTo(("waiting", 2)));
        Assert.That(report.RootElement.GetProperty("process_id").GetInt32(), Is.EqualTo(node.ProcessId));
        Assert.That(report.RootElement.GetProperty("bytes_sent").GetInt64(), Is.GreaterThan(1000));
        Assert.That((await StatusAsync("two")).Output, Has.Some.Contains($"127.0.0.1:{port} (node 1): waiting since ").And.Some.Contains("2 runs ended"));

        node.HangUp();
        await node.WaitForLineAsync("1 orchestrators, read anew");
        node.Terminate();
        FinishedProgram ended = await node.EndAsync(EndsWithin);
        Assert.That(ended.ExitCode, Is.EqualTo(130), ended.ToString());
        await told.FindAsync("STOPPING=1", listening, EndsWithin);
        Assert.That(told.All, Has.Some.StartsWith("RELOADING=1\nMONOTONIC_USEC=").And.Some.EqualTo("STOPPING=1"));
        Assert.That(Directory.GetFiles(_folder["two"], "status.sock"), Is.Empty);
        Assert.That((await StatusAsync("two")).ExitCode, Is.EqualTo(3));
    }

    [Test]
    public async Task A_killed_node_leaves_nothing_that_keeps_the_next_one_out()
    {
        string[] flags = [.. NodeFlags(1), "--state_dir", _folder["killed"], "--stay"];
        await using (RunningProgram killed = RunningProgram.StartNode(flags))
        {
            await killed.WaitForLineAsync("waiting for a run");
            await killed.KillAsync();
        }

        Assert.That(File.Exists(StatusSocket.PathIn(_folder["killed"])), Is.True, "it was left behind");
        Assert.That((await StatusAsync("killed")).ExitCode, Is.EqualTo(3));
        await using RunningProgram node = RunningProgram.StartNode(flags);
        await node.WaitForLineAsync("waiting for a run");
        Assert.That((await StatusAsync("killed")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task Enrolled_orchestrators_are_found_in_the_state_folder_and_one_that_refuses_makes_the_status_fail()
    {
        int port = FreePort();
        Enroll("good", port, nodeId: 1);
        Enroll("refusing", FreePort(), nodeId: 1);
        File.Delete(_folder["enrolled", "keys", "refusing", "node.key"]);
        await using RunningProgram node = RunningProgram.StartNode(
            ["--dataset", _data, "--num_nodes", "1", "--device", "cpu", "--threads", "1", "--state_dir", _folder["enrolled"], "--stay"]);
        await TrainAsync(
            port, "enrolled-run", "--tls_cert", _folder["orchestrator.pem"], "--tls_key", _folder["orchestrator.key"], "--tls_ca", _folder["ca.pem"], "--token_file", _folder["token"]);
        await node.WaitForLineAsync("good: waiting for a run (training is complete");
        FinishedProgram status = await StatusAsync("enrolled");
        Assert.That(status.ExitCode, Is.EqualTo(4), status.ToString());
        Assert.That(status.Output, Has.Some.StartsWith("refusing (node 1): refused since ").And.Some.Contains("node.key"));

        FinishedProgram without = await RunningCommand.RunNodeAsync("--dataset", _data, "--num_nodes", "1", "--state_dir", _folder["enrolled"]);
        Assert.That(without.ExitCode, Is.EqualTo(2), without.ToString());
        Assert.That(without.Errors.Single(), Does.Contain("enrolled with 2 orchestrators (good, refusing); give --stay"));
    }

    [Test]
    public async Task SIGTERM_ends_it_within_ten_seconds_while_a_handshake_or_a_proxy_hangs([Values] bool proxy)
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        int port = ((IPEndPoint)silent.LocalEndpoint).Port;
        await using RunningProgram node = RunningProgram.StartNode([.. NodeFlags(port), .. proxy ? (string[])["--proxy", $"http://127.0.0.1:{port}"] : [], "--stay"]);
        using Socket accepted = await silent.AcceptSocketAsync().Soon();
        node.Terminate();
        Assert.That((await node.EndAsync(EndsWithin)).ExitCode, Is.EqualTo(130), node.Transcript);
    }

    [Test]
    public async Task SIGTERM_ends_it_within_ten_seconds_though_what_it_does_cannot_be_cancelled()
    {
        string data = Path.GetDirectoryName(_folder.Write("pipe/train.csv", []))!;
        using (var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(data, "schema.json"))!)
        {
            await made.WaitForExitAsync();
        }

        await using RunningProgram node = RunningProgram.StartNode("--node_id", "1", "--data", data, "--device", "cpu", "--threads", "1", "--stay", "--state_dir", _folder["blocked"]);
        await node.WaitForLineAsync("computes with");
        node.Terminate();
        FinishedProgram ended = await node.EndAsync(EndsWithin);
        Assert.That(ended.ExitCode, Is.EqualTo(130), ended.ToString());
        Assert.That(ended.Errors, Has.Some.Contains("did not end within 8 s"));
    }

    [Test]
    public async Task SIGTERM_ends_it_within_ten_seconds_in_the_middle_of_a_run()
    {
        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(
            [.. Flags, "--algorithm", "fedavg", "--local_epochs", "100000", "--epochs", "1", "--port", "0", "--output", _folder["long"]]);
        await using RunningProgram node = RunningProgram.StartNode([.. NodeFlags(await orchestrator.PortAsync()), "--stay"]);
        await node.WaitForLineAsync("admitted to session");
        await orchestrator.WaitForLineAsync("round");
        node.Terminate();
        FinishedProgram ended = await node.EndAsync(EndsWithin);
        Assert.That(ended.ExitCode, Is.EqualTo(130), ended.ToString());
        Assert.That(ended.Errors, Is.EqualTo(new[] { "cancelled" }));
    }

    private void Enroll(string name, int port, int nodeId)
    {
        string folder = _folder["enrolled", "keys", name];
        Directory.CreateDirectory(folder);
        using var authority = new TestAuthority();
        authority.WriteTo(folder, ("node", TestAuthority.NodeShape(nodeId)), ("orchestrator", TestAuthority.OrchestratorShape));
        Files.PrivateFiles.WriteDurably(Path.Combine(folder, "token"), "the secret of these tests"u8);
        new EnrolledHub(folder, "127.0.0.1", port, nodeId).Save();
        foreach (string file in name == "good" ? (string[])["orchestrator.pem", "orchestrator.key", "ca.pem", "token"] : [])
        {
            File.Copy(Path.Combine(folder, file), _folder[file]);
        }
    }

    private async Task TrainAsync(int port, string output, params string[] flags)
    {
        FinishedProgram run = await RunningProgram.RunOrchestratorAsync(
            [.. Flags, "--epochs", "1", "--batch_size", "32", "--port", $"{port}", "--output", _folder[output], .. flags]);
        Assert.That(run.ExitCode, Is.Zero, run.ToString());
    }

    private Task<FinishedProgram> StatusAsync(string folder, params string[] flags) => RunningCommand.RunNodeAsync(["status", "--state_dir", _folder[folder], .. flags]);

    private string[] NodeFlags(int port) => ["--node_id", "1", "--port", $"{port}", .. Flags];

    private Socket ListenFor(string name)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_folder[name]));
        return socket;
    }

    /// <summary>Until the socket is closed.</summary>
    private static void ReceiveAll(Socket socket, ProgramLines told)
    {
        byte[] buffer = new byte[1000];
        try
        {
            while (true)
            {
                told.Add(Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
