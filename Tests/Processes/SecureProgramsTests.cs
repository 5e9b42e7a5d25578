using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Processes;

/// <summary>The real programs with the keys and certificates that they make themselves.</summary>
public sealed class SecureProgramsTests
{
    private const UnixFileMode GroupAndOthers = (UnixFileMode)0b000_111_111;

    private readonly TempFolder _folder = new();
    private string _data = string.Empty;

    private string[] Flags => ["--dataset", _data, "--num_nodes", "2", "--epochs", "1", "--batch_size", "16", "--threads", "1", "--device", "cpu"];

    private string[] OrchestratorSecurity =>
        ["--tls_cert", _folder["certificates", "orchestrator.pem"], "--tls_key", _folder["certificates", "orchestrator.key"], .. SharedSecurity];

    private string[] SharedSecurity => ["--tls_ca", _folder["certificates", "ca.pem"], "--token_file", _folder["certificates", "token"]];

    [OneTimeSetUp]
    public async Task Prepare()
    {
        _data = _folder.WriteDataset();
        FinishedProgram made = await MakeCertificatesAsync("2", "127.0.0.2");
        Assert.That(made.ExitCode, Is.Zero, made.ToString());
    }

    [OneTimeTearDown]
    public void Clean() => _folder.Dispose();

    [Test]
    public async Task Two_nodes_train_over_TLS_with_a_token_to_the_bytes_of_a_plain_run()
    {
        FinishedProgram plain = await TrainHereAsync("plain", [], _ => [], "127.0.0.1");
        FinishedProgram secured = await TrainAsync("secured", OrchestratorSecurity, NodeSecurity, "127.0.0.2");
        Assert.That(secured.Hash, Is.EqualTo(plain.Hash));
        Assert.That(secured.Output, Has.Some.Contains("protected by TLS with node certificates and token"));
        AssertPrivate(_folder["secured"]);
    }

    [Test]
    public async Task Keys_of_a_blind_run_are_signed_with_the_nodes_certificates_and_without_the_run_says_so()
    {
        string policy = _folder["policy.yaml"];
        await File.WriteAllTextAsync(policy, "reveal_model: end\nmin_nodes: 2\n");
        string[] blind = ["--exchange", "blind", "--min_nodes_per_batch", "2", "--reveal_model", "end"];
        string[] Node(int id) => ["--policy", policy, "--state_dir", _folder[$"state-{id}"]];
        FinishedProgram plain = await TrainHereAsync("blind-plain", blind, Node, "127.0.0.1");
        Assert.That(plain.ExitCode, Is.Zero, plain.ToString());
        Assert.That(plain.Output.Concat(plain.Errors), Has.Some.Contains("curious orchestrator only"));
        FinishedProgram secured = await TrainHereAsync("blind-secured", [.. OrchestratorSecurity, .. blind], id => [.. NodeSecurity(id), .. Node(id)], "127.0.0.2");
        Assert.That(secured.Hash, Is.EqualTo(plain.Hash));
        Assert.That(secured.Output.Concat(secured.Errors), Has.Some.Contains("signed by their certificates").And.None.Contains("curious orchestrator only"));
    }

    [Test]
    public async Task On_all_addresses_with_TLS_and_token_no_more_flags_are_needed()
    {
        FinishedProgram secured = await TrainHereAsync("everywhere", [.. OrchestratorSecurity, "--host", "0.0.0.0"], NodeSecurity, "127.0.0.2");
        Assert.That(secured.ExitCode, Is.Zero, secured.ToString());
    }

    [Test]
    public async Task Nodes_of_one_process_show_one_certificate_that_names_them_all()
    {
        FinishedProgram made = await MakeCertificatesAsync("1-2");
        Assert.That(made.ExitCode, Is.Zero, made.ToString());
        FinishedProgram plain = await TrainHereAsync("plain-too", [], _ => [], "127.0.0.1");
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags, .. OrchestratorSecurity, "--port", "0", "--output", _folder["host"]]);
        string[] flags =
        [
            "--node_id", "1", "--virtual_nodes", "2", "--num_nodes", "2", "--dataset", _data, "--device", "cpu", "--threads", "1",
            "--port", $"{await orchestrator.PortAsync()}",
        ];
        FinishedProgram unfit = await RunningCommand.RunNodeAsync([.. flags, .. NodeSecurity(1)]);
        Assert.That(unfit.ExitCode, Is.EqualTo(2), unfit.ToString());
        Assert.That(unfit.Errors, Has.Length.EqualTo(1));
        Assert.That(unfit.Errors[0], Does.Contain("not for 'node-2'").And.EndWith("Orchestrator ca token DIR --node_id 1 --virtual_nodes 2"));

        await using RunningCommand host = RunningCommand.StartNode(
            [.. flags, "--tls_cert", _folder["certificates", "nodes-1-2.pem"], "--tls_key", _folder["certificates", "nodes-1-2.key"], .. SharedSecurity]);
        Assert.That((await orchestrator.EndAsync()).Hash, Is.EqualTo(plain.Hash));
        Assert.That((await host.EndAsync()).ExitCode, Is.Zero, host.Transcript);
    }

    [Test]
    public async Task A_node_with_another_nodes_certificate_is_told_in_one_line()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync([.. Flags, .. OrchestratorSecurity, "--port", "0", "--output", _folder["wrong-node"]]);
        FinishedProgram node = await RunningCommand.RunNodeAsync(
            ["--node_id", "1", "--num_nodes", "2", "--dataset", _data, "--port", $"{await orchestrator.PortAsync()}", .. NodeSecurity(2)]);
        Assert.That(node.ExitCode, Is.EqualTo(4), node.ToString());
        Assert.That(node.Errors, Has.Length.EqualTo(1));
        Assert.That(node.Errors[0], Does.StartWith("error: the orchestrator refused this node (certificate): ").And.Contains("is not for 'node-1'"));
    }

    [Test]
    public async Task A_name_that_the_orchestrators_certificate_does_not_have_is_refused_in_one_line()
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(
            [.. Flags, .. OrchestratorSecurity, "--host", "0.0.0.0", "--port", "0", "--output", _folder["wrong-name"]]);
        FinishedProgram node = await RunningCommand.RunNodeAsync(
            ["--node_id", "1", "--num_nodes", "2", "--dataset", _data, "--host", "127.0.0.3", "--port", $"{await orchestrator.PortAsync()}", .. NodeSecurity(1)]);
        Assert.That(node.ExitCode, Is.EqualTo(4), node.ToString());
        Assert.That(node.Errors, Has.Length.EqualTo(1));
        Assert.That(node.Errors[0], Does.StartWith("error: this side does not accept the orchestrator: ").And.Contains("is not for '127.0.0.3'"));
    }

    [Test]
    public async Task A_token_that_others_can_read_is_refused_with_the_command_that_mends_it()
    {
        string open = _folder["open-token"];
        File.Copy(_folder["certificates", "token"], open);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        }

        FinishedProgram orchestrator = await RunningCommand.RunOrchestratorAsync([.. Flags, "--token_file", open, "--output", _folder["open"]]);
        Assert.That(orchestrator.ExitCode, Is.EqualTo(2), orchestrator.ToString());
        Assert.That(orchestrator.Errors, Is.EqualTo((string[])[$"error: --token_file: others can read '{open}'; run: chmod 600 '{open}'"]));
    }

    [Test]
    public async Task A_trial_keeps_what_is_there_and_adds_what_is_missing()
    {
        string authority = await File.ReadAllTextAsync(_folder["certificates", "ca.pem"]);
        string token = await File.ReadAllTextAsync(_folder["certificates", "token"]);
        FinishedProgram made = await MakeCertificatesAsync("3");
        Assert.That(made.ExitCode, Is.Zero, made.ToString());
        Assert.That(made.Output, Is.EqualTo((string[])[_folder["certificates", "node-3.pem"]]));
        Assert.That(await File.ReadAllTextAsync(_folder["certificates", "ca.pem"]), Is.EqualTo(authority));
        Assert.That(await File.ReadAllTextAsync(_folder["certificates", "token"]), Is.EqualTo(token));
        AssertPrivate(_folder["certificates"]);
    }

    [TestCase("0")]
    [TestCase("two")]
    [TestCase("3-2")]
    [TestCase("1-")]
    [TestCase("2", "a b")]
    [TestCase("2", "*.example,DNS:other")]
    public async Task A_trial_says_what_is_wrong_in_one_line(params string[] arguments)
    {
        FinishedProgram made = await MakeCertificatesAsync(arguments);
        Assert.That((made.ExitCode, made.Errors.Length), Is.EqualTo((2, 1)), made.ToString());
        Assert.That(made.Errors[0], Does.StartWith("error: "));
    }

    [Test]
    public async Task Machines_enroll_over_the_network_and_by_hand_and_train_and_a_revoked_node_is_cut_off()
    {
        (string ca, string hub) = (_folder["office"], _folder["hub"]);
        Assert.That((await RunningProgram.RunOrchestratorAsync("ca", "init", ca)).ExitCode, Is.Zero);
        await using RunningProgram office = RunningProgram.StartOrchestrator("ca", "serve", ca, "--hub", "127.0.0.2:12345", "--port", "0");
        string address = $"127.0.0.1:{ProgramLines.PortIn((await office.WaitForLineAsync("the CA listens on ")).Split(';')[0])}";

        // The orchestrator and node 1 over the network, node 2 by hand.
        await RunAsync("ca", "request", hub, "127.0.0.2", "--ca", address, "--token", await TokenAsync(ca, "--orchestrator", "127.0.0.2"));
        FinishedProgram first = await RunningProgram.RunNodeAsync("enroll", "--keys", _folder["keys-1"], "--name", "hub", "--hub", address, "--token", await TokenAsync(ca, "--node_id", "1"));
        Assert.That(first.ExitCode, Is.Zero, first.ToString());
        FinishedProgram asked = await RunningProgram.RunNodeAsync("enroll", "--keys", _folder["keys-2"], "--name", "hub", "--node_id", "2", "--request", _folder["node-2.csr"]);
        string fingerprint = asked.Output.Single(l => l.StartsWith("fingerprint of the key: ", StringComparison.Ordinal)).Split(": ")[1];
        Assert.That((await RunningProgram.RunOrchestratorAsync("ca", "sign", ca, _folder["node-2.csr"], "--fingerprint", "00ff")).ExitCode, Is.EqualTo(4));
        await RunAsync("ca", "sign", ca, _folder["node-2.csr"], "--fingerprint", fingerprint);
        FinishedProgram second = await RunningProgram.RunNodeAsync(
            "enroll", "--keys", _folder["keys-2"], "--name", "hub", "--certificate", _folder["node-2.pem"], "--orchestrator", "127.0.0.2:12345",
            "--token_file", Path.Combine(ca, "token"));
        Assert.That(second.ExitCode, Is.Zero, second.ToString());
        AssertPrivate(_folder["keys-1"]);
        AssertPrivate(hub);

        string[] Hub(string folder, string name) =>
        [
            "--tls_cert", Path.Combine(folder, $"{name}.pem"), "--tls_key", Path.Combine(folder, $"{name}.key"), "--tls_ca", Path.Combine(folder, "ca.pem"),
            "--tls_crl", Path.Combine(folder, "revoked.crl"), "--token_file", Path.Combine(folder, "token"),
        ];
        string[] Node(int id) => Hub(_folder[$"keys-{id}", "hub"], "node");
        string[] secured = [.. Hub(hub, "orchestrator"), "--ca_address", address];
        FinishedProgram trained = await TrainAsync("enrolled", secured, Node, "127.0.0.2");
        Assert.That(trained.ExitCode, Is.Zero, trained.ToString());
        Assert.That(trained.Output, Has.Some.Contains("protected by TLS with node certificates and token"));

        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(OrchestratorFlags("revoking", secured, "127.0.0.2"));
        await using RunningProgram node = RunningProgram.StartNode([.. NodeFlags(2, "127.0.0.2", await orchestrator.PortAsync()), .. Node(2)]);
        await orchestrator.WaitForLineAsync("node 2 joined");
        await RunAsync("ca", "revoke", ca, "node-2");
        FinishedProgram ended = await node.EndAsync();
        Assert.That(ended.ExitCode, Is.EqualTo(4), ended.ToString());
        Assert.That(ended.Errors[^1], Does.Contain("its certificate (CN=node-2) was revoked on "));
    }

    private string[] NodeSecurity(int id) =>
        ["--tls_cert", _folder["certificates", $"node-{id}.pem"], "--tls_key", _folder["certificates", $"node-{id}.key"], .. SharedSecurity];

    private async Task<FinishedProgram> TrainAsync(string output, string[] orchestratorFlags, Func<int, string[]> nodeFlags, string host)
    {
        await using RunningProgram orchestrator = RunningProgram.StartOrchestrator(OrchestratorFlags(output, orchestratorFlags, host));
        int port = await orchestrator.PortAsync();
        await using RunningProgram node1 = RunningProgram.StartNode([.. NodeFlags(1, host, port), .. nodeFlags(1)]);
        await using RunningProgram node2 = RunningProgram.StartNode([.. NodeFlags(2, host, port), .. nodeFlags(2)]);
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That((await node1.EndAsync()).ExitCode, Is.Zero, node1.Transcript);
        Assert.That((await node2.EndAsync()).ExitCode, Is.Zero, node2.Transcript);
        return ended;
    }

    /// <summary>The same in this process.</summary>
    private async Task<FinishedProgram> TrainHereAsync(string output, string[] orchestratorFlags, Func<int, string[]> nodeFlags, string host)
    {
        await using RunningCommand orchestrator = await RunningCommand.StartOrchestratorAsync(OrchestratorFlags(output, orchestratorFlags, host));
        int port = await orchestrator.PortAsync();
        await using RunningCommand node1 = RunningCommand.StartNode([.. NodeFlags(1, host, port), .. nodeFlags(1)]);
        await using RunningCommand node2 = RunningCommand.StartNode([.. NodeFlags(2, host, port), .. nodeFlags(2)]);
        FinishedProgram ended = await orchestrator.EndAsync();
        Assert.That((await node1.EndAsync()).ExitCode, Is.Zero, node1.Transcript);
        Assert.That((await node2.EndAsync()).ExitCode, Is.Zero, node2.Transcript);
        return ended;
    }

    private string[] OrchestratorFlags(string output, string[] flags, string host) =>
        [.. Flags, .. flags.Contains("--host") ? [] : (string[])["--host", host], .. flags, "--port", "0", "--output", _folder[output]];

    private string[] NodeFlags(int id, string host, int port) =>
        ["--node_id", $"{id}", "--num_nodes", "2", "--dataset", _data, "--device", "cpu", "--threads", "1", "--host", host, "--port", $"{port}"];

    private Task<FinishedProgram> MakeCertificatesAsync(params string[] arguments) =>
        RunningProgram.RunOrchestratorAsync(["ca", "trial", _folder["certificates"], .. arguments]);

    private static async Task<string> TokenAsync(string authority, params string[] whom) => (await RunAsync(["ca", "token", authority, .. whom])).Output.Single();

    private static async Task<FinishedProgram> RunAsync(params string[] arguments)
    {
        FinishedProgram ended = await RunningProgram.RunOrchestratorAsync(arguments);
        Assert.That(ended.ExitCode, Is.Zero, ended.ToString());
        return ended;
    }

    private static void AssertPrivate(string folder)
    {
        string[] all = [folder, .. Directory.GetFileSystemEntries(folder, "*", SearchOption.AllDirectories)];
        Assert.That(all, Has.Length.GreaterThan(3));
        Assert.That(all.Where(IsOpen), Is.Empty, "nobody else can read them");
    }

    private static bool IsOpen(string path) => !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & GroupAndOthers) != UnixFileMode.None;
}
