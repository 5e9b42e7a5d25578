using System.Collections.Concurrent;
using System.Net.Sockets;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;
using TraversalLearning.Transport;
using TraversalLearning.Wire;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Who is admitted, who is not, and that both sides say why.</summary>
internal sealed class AdmissionSecurityTests
{
    private static readonly Token Secret = new("the secret that both sides share"u8);
    private static readonly Token OtherSecret = new("the secret of somebody else here"u8);
    private static readonly ClusterOptions Plain = new() { Shards = [12, 12] };

    private TestAuthority _authority = null!;

    private ClusterOptions Secured => Plain with
    {
        Security = new OrchestratorSecurity(_authority.Server(_authority.Trusted), Secret),
        NodeSecurity = id => new NodeSecurity(_authority.Client(id), Secret),
    };

    [SetUp]
    public void MakeAuthority() => _authority = new TestAuthority();

    [TearDown]
    public void DropAuthority() => _authority.Dispose();

    [Test]
    public async Task Training_is_the_same_with_TLS_and_token()
    {
        ClusterResult plain = await TestCluster.RunAsync(Plain);
        Assert.That((await TestCluster.RunAsync(Secured)).Hash, Is.EqualTo(plain.Hash));
        Assert.That((await TestCluster.RunAsync(Secured with { Security = Secured.Security with { Tls = null }, NodeSecurity = _ => new NodeSecurity(null, Secret) })).Hash, Is.EqualTo(plain.Hash));
    }

    [Test]
    public async Task A_secured_node_that_loses_its_connection_comes_back()
    {
        ClusterResult plain = await TestCluster.RunAsync(Plain);
        await using var cluster = new TestCluster(Secured);
        cluster.StartAllNodes();
        ClusterResult run = await cluster.TrainAsync(beforeStep: async (step, _) =>
        {
            if (step == 1)
            {
                await cluster.KillNodeAsync(2);
                cluster.StartNode(2);
            }
        });
        Assert.That(run.Hash, Is.EqualTo(plain.Hash));
    }

    [Test]
    public async Task A_node_with_the_certificate_of_another_is_refused()
    {
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(_authority.Client(2), Secret));
        await AssertRefusedAsync(cluster, RejectCodes.Certificate, "certificate (CN=node-2) is not for 'node-1'");
    }

    [Test]
    public async Task A_node_without_a_certificate_is_refused()
    {
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(new ClientTls(_authority.Trusted), Secret));
        await AssertRefusedAsync(cluster, RejectCodes.Certificate, "it presents no certificate");
    }

    [Test]
    public async Task A_node_with_a_certificate_of_another_CA_is_refused()
    {
        using var other = new TestAuthority();
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(new ClientTls(_authority.Trusted, other.Issue(TestAuthority.NodeShape(1))), Secret));
        await AssertRefusedAsync(cluster, RejectCodes.Certificate, "was not issued by the CA");
    }

    [Test]
    public async Task A_node_with_an_expired_certificate_is_refused()
    {
        CertificateShape expired = TestAuthority.NodeShape(1) with { From = TimeSpan.FromDays(-2), Until = TimeSpan.FromDays(-1) };
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(_authority.Client(1, expired), Secret));
        await AssertRefusedAsync(cluster, RejectCodes.Certificate, "expired on 2");
    }

    [TestCase("node-1", new string[0], true)]
    [TestCase("somebody", new[] { "node-1" }, true)]
    [TestCase("node-1", new[] { "node-2" }, false)]
    [TestCase("somebody", new[] { "*" }, false)]
    [TestCase("node-11", new string[0], false)]
    public async Task A_nodes_certificate_names_its_id(string commonName, string[] alternativeNames, bool admitted)
    {
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(_authority.Client(1, new CertificateShape { Name = commonName, AlternativeNames = alternativeNames }), Secret));
        await (admitted ? cluster.JoinedAsync(1) : AssertRefusedAsync(cluster, RejectCodes.Certificate, "is not for 'node-1'"));
    }

    [Test]
    public async Task A_node_refuses_an_orchestrator_of_another_CA()
    {
        using var other = new TestAuthority();
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(new ClientTls(other.Trusted, _authority.Issue(TestAuthority.NodeShape(1))), Secret));
        await AssertOrchestratorRefusedAsync(cluster, "was not issued by the CA");
        await cluster.Log.WaitForAsync("[1005]", cluster.Deadline);
    }

    [Test]
    public async Task A_node_without_TLS_and_an_orchestrator_with_it_both_say_so()
    {
        await using var cluster = new TestCluster(Secured);
        cluster.StartNode(1, security: new NodeSecurity(null, Secret));
        NodeRejectedException e = await ThrowsAsync<NodeRejectedException>(cluster.EndOfNodeAsync(1));
        Assert.That(e.Message, Does.Contain("(tls)").And.Contains("connect to it with --tls_ca"));
        await cluster.Log.WaitForAsync("node 1 does not speak TLS; start it with --tls_ca", cluster.Deadline);
    }

    [Test]
    public async Task A_node_with_TLS_and_an_orchestrator_without_it_both_say_so()
    {
        await using var cluster = new TestCluster(Plain);
        cluster.StartNode(1, security: new NodeSecurity(_authority.Client(1), null));
        await cluster.Log.WaitForAsync("it speaks TLS and this orchestrator does not", cluster.Deadline);
        await cluster.Log.WaitForAsync("it hung up during the TLS handshake; an orchestrator without TLS does that", cluster.Deadline);
    }

    [Test]
    public async Task A_wrong_token_is_refused()
    {
        await using var cluster = new TestCluster(Plain with { Security = new OrchestratorSecurity(null, Secret) });
        cluster.StartNode(1, security: new NodeSecurity(null, OtherSecret));
        await AssertRefusedAsync(cluster, RejectCodes.Token, "is not this orchestrator's; give both the same --token_file");
    }

    [Test]
    public async Task A_node_without_the_token_is_refused()
    {
        await using var cluster = new TestCluster(Plain with { Security = new OrchestratorSecurity(null, Secret) });
        cluster.StartNode(1, security: NodeSecurity.None);
        await AssertRefusedAsync(cluster, RejectCodes.Token, "asks for a token; start node 1 with --token_file");
    }

    [Test]
    public async Task An_orchestrator_without_the_nodes_token_says_so()
    {
        await using var cluster = new TestCluster(Plain);
        cluster.StartNode(1, security: new NodeSecurity(null, Secret));
        await AssertRefusedAsync(cluster, RejectCodes.Token, "node 1 has a token and this orchestrator has none");
    }

    [Test]
    public async Task A_captured_handshake_is_worth_nothing_later()
    {
        await using var cluster = new TestCluster(Plain with { Security = new OrchestratorSecurity(null, Secret) });
        var captured = new ConcurrentDictionary<MessageType, byte[]>();
        await using (var proxy = new FaultProxy(cluster.Endpoint, frame =>
        {
            captured[frame.Type] = frame.Bytes;
            return frame.ForwardAsync();
        }))
        {
            cluster.StartNode(1, proxy.Endpoint, new NodeSecurity(null, Secret));
            await cluster.JoinedAsync(1);
            await cluster.KillNodeAsync(1);
            await cluster.Log.WaitForAsync("[1003] node 1 left", cluster.Deadline);
        }

        await using var stream = new NetworkStream(await Stranger.ConnectAsync(cluster.Endpoint, cluster.Deadline), ownsSocket: true);
        var reader = new FrameReader(stream);
        await stream.WriteAsync(captured[MessageType.Hello], cluster.Deadline);
        Challenge challenge = (await reader.ReadAsync(WireLimits.Handshake, cluster.Deadline))!.Read<Challenge>();
        Assert.That(challenge, Is.Not.EqualTo(Frames.Read(captured[MessageType.Challenge])!.Message), "nonces are fresh");
        await stream.WriteAsync(captured[MessageType.Proof], cluster.Deadline);
        Reject reject = (await reader.ReadAsync(WireLimits.Admission, cluster.Deadline))!.Read<Reject>();
        Assert.That((reject.Code, reject.Final), Is.EqualTo((RejectCodes.Token, true)));
    }

    [Test]
    public async Task A_stranger_learns_nothing_of_the_run()
    {
        // What is wrong with this Hello would be told to a node: neither its id nor its data fit.
        await using var cluster = new TestCluster(Plain with { Security = new OrchestratorSecurity(null, Secret) });
        var hello = new Hello(77, 1, [3], "uint8", 1, "f", string.Empty, "stranger");
        Reject reject = await Stranger.IntroduceAsync(cluster.Endpoint, hello, cluster.Deadline);
        Assert.That(reject.Code, Is.EqualTo(RejectCodes.Token));
    }

    [Test]
    public async Task Texts_of_strangers_do_not_forge_lines_on_the_nodes_side()
    {
        await using var impostor = new ImpostorOrchestrator(
            (connection, _, token) => connection.SendAsync(new Reject("x\n", "no\u001b[2J\nerror: forged", Final: true), token));
        Exception e = await RunNodeAgainstAsync(impostor, NodeSecurity.None);
        Assert.That(e, Is.InstanceOf<NodeRejectedException>());
        Assert.That(e.Message, Does.Not.Contain('\n').And.Not.Contain('\u001b').And.Contains(@"no\u001B[2J\u000Aerror: forged"));
    }

    [Test]
    public async Task A_node_refuses_an_orchestrator_that_does_not_know_the_token(
        [Values("no challenge", "no proof", "the node's own proof", "the node's own nonce and proof", "another token", "another session")] string how,
        [Values] bool prepares)
    {
        Task AnswerAsync(Connection connection, Welcome welcome, CancellationToken token) => prepares
            ? connection.SendAsync(new Prepare(welcome.Session, welcome.HeartbeatInterval, welcome.HeartbeatTimeout, welcome.Proof), token)
            : connection.SendAsync(welcome, token);

        await using var impostor = new ImpostorOrchestrator(async (connection, hello, token) =>
        {
            Welcome welcome = Plain.NewContext().Setup.ToWelcome("session", TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
            if (how == "no challenge")
            {
                await AnswerAsync(connection, welcome, token);
                return;
            }

            var challenge = new Challenge("session", how.Contains("nonce", StringComparison.Ordinal) ? hello.Nonce! : Token.NewNonce());
            await connection.SendAsync(challenge, token);
            Proof proof = (await connection.ReadHandshakeAsync(WireLimits.Handshake, token)).Read<Proof>();
            var transcript = new TokenTranscript(hello.NodeId, "session", hello.Nonce!, challenge.Nonce, new byte[32]);
            welcome = how switch
            {
                "no proof" => welcome,
                "another token" => welcome with { Proof = OtherSecret.Prove(Party.Orchestrator, transcript) },
                "another session" => welcome with { Session = "another", Proof = Secret.Prove(Party.Orchestrator, transcript) },
                _ => welcome with { Proof = proof.Value },
            };
            await AnswerAsync(connection, welcome, token);
        });
        Exception e = await RunNodeAgainstAsync(impostor, new NodeSecurity(null, Secret));
        Assert.That(e, Is.TypeOf<PeerAuthenticationException>());
        Assert.That(e.Message, Does.StartWith("this side does not accept the orchestrator: it d"));
        Assert.That(impostor.FramesAfterHandshake, Is.Zero, "nothing was served");
    }

    [Test]
    public async Task A_model_that_the_node_has_no_memory_for_ends_it_with_one_line()
    {
        string model = new ModelDescription("huge", [1, 8, 8], 10, [new FlattenLayer("flat"), new LinearLayer("fc1", 64, 3_500_000), new LinearLayer("fc2", 3_500_000, 10)]).ToJson();
        await using var impostor = new ImpostorOrchestrator((connection, _, token) => connection.SendAsync(
            new Welcome("s", model, 2, "float64", "two_phase", 0.5, 0.5, TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30)), token));
        Exception e = await RunNodeAgainstAsync(impostor, NodeSecurity.None, maxModelBytes: 1 << 30);
        Assert.That(e, Is.InstanceOf<NodeRejectedException>());
        Assert.That(e.Message, Does.Contain("the model 'huge' takes 6.").And.Contains("--max_model_gb"));
    }

    private static async Task<Exception> RunNodeAgainstAsync(ImpostorOrchestrator impostor, NodeSecurity security, long maxModelBytes = long.MaxValue)
    {
        var options = new NodeOptions(1, "127.0.0.1", impostor.Endpoint.Port, TorchSharp.torch.CPU, FrameSample.Checked)
        {
            Security = security,
            MaxModelBytes = maxModelBytes,
        };
        using var log = new CapturedLog();
        using var agent = new NodeAgent(options, Synthetic.Images(12), 10, log.Logger("node"));
        return await ThrowsAsync<Exception>(agent.RunAsync(CancellationToken.None).Soon());
    }

    private static async Task AssertRefusedAsync(TestCluster cluster, string code, string text)
    {
        NodeRejectedException e = await ThrowsAsync<NodeRejectedException>(cluster.EndOfNodeAsync(1));
        Assert.That(e.Message, Does.StartWith($"the orchestrator refused this node ({code}): ").And.Contains(text));
        await cluster.Log.WaitForAsync("[1004] refused node 1", cluster.Deadline);
        Assert.That(cluster.Log.Count(text), Is.Not.Zero, "the orchestrator's log has it too");
        Assert.That(cluster.Log.Count("[1002]"), Is.Zero, "nobody joined");
    }

    private static async Task AssertOrchestratorRefusedAsync(TestCluster cluster, string text)
    {
        PeerAuthenticationException e = await ThrowsAsync<PeerAuthenticationException>(cluster.EndOfNodeAsync(1));
        Assert.That(e.Message, Does.StartWith("this side does not accept the orchestrator: ").And.Contains(text));
    }

    private static async Task<T> ThrowsAsync<T>(Task task)
        where T : Exception => (await Assert.ThrowsAsync(Is.InstanceOf<T>(), () => task) as T)!;
}
