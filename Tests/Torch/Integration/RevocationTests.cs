using System.Text;
using TraversalLearning.Nodes.Agents;
using TraversalLearning.Security;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Integration;

/// <summary>Certificates that change and are revoked while a run is under way, without a restart of anybody.</summary>
internal sealed class RevocationTests
{
    private static readonly ClusterOptions Plain = new() { Shards = [12, 12] };

    private TestAuthority _authority = null!;
    private TempFolder _folder = null!;

    private ClusterOptions Secured => Plain with
    {
        Security = new OrchestratorSecurity(new ServerTls(TlsSource.Open(PathsOf("orchestrator"))), Token: null),
        NodeSecurity = id => new NodeSecurity(new ClientTls(TlsSource.Open(PathsOf($"node-{id}") with { Revoked = null })), Token: null),
    };

    [SetUp]
    public void Create()
    {
        (_authority, _folder) = (new TestAuthority(), new TempFolder());
        Write("orchestrator", _authority.Issue(TestAuthority.OrchestratorShape));
        Write("node-1", _authority.Issue(TestAuthority.NodeShape(1)));
        WriteAuthority(_authority);
        WriteList(1);
    }

    [TearDown]
    public void Delete()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task A_node_that_is_revoked_while_it_is_connected_is_cut_off_and_refused_for_good()
    {
        TlsIdentity second = IssueSecond();
        await using var cluster = new TestCluster(Secured);
        cluster.StartAllNodes();
        await cluster.JoinedAsync(1);
        await cluster.JoinedAsync(2);
        WriteList(2, second);
        NodeRejectedException? e = await Assert.ThrowsAsync<NodeRejectedException>(() => cluster.EndOfNodeAsync(2));
        Assert.That(e!.Message, Does.Contain("(certificate)").And.Contains("its certificate (CN=node-2) was revoked on "));
        await cluster.Log.WaitForAsync("[1003] node 2 left: its certificate (CN=node-2) was revoked on ", cluster.Deadline);
        Assert.That(cluster.Log.Count("[1003] node 1 left"), Is.Zero);
    }

    [Test]
    public async Task A_node_whose_certificate_was_renewed_before_the_old_one_was_revoked_goes_on_in_the_run()
    {
        ClusterResult plain = await TestCluster.RunAsync(Plain);
        TlsIdentity second = IssueSecond();
        await using var cluster = new TestCluster(Secured);
        cluster.StartAllNodes();
        ClusterResult run = await cluster.TrainAsync(beforeStep: async (step, _) =>
        {
            if (step == 1)
            {
                IssueSecond();
                WriteList(2, second);
                await cluster.JoinedAsync(2, times: 2);
            }
        });
        Assert.That(run.Hash, Is.EqualTo(plain.Hash));
        Assert.That(cluster.Log.Lines, Has.Some.StartsWith("node2 ").And.Contains("[2040]"));
    }

    [Test]
    public async Task An_orchestrator_shows_its_new_certificate_without_a_restart()
    {
        using var later = new TestAuthority("later");
        await using var cluster = new TestCluster(Secured);
        Write("orchestrator", later.Issue(TestAuthority.OrchestratorShape));
        WriteAuthority(later);
        File.WriteAllBytes(_folder["revoked.crl"], later.Revoke(2, TimeSpan.FromDays(1)));
        await cluster.Log.WaitForAsync("[2040]", cluster.Deadline);
        cluster.StartNode(1, security: new NodeSecurity(later.Client(1), Token: null));
        await cluster.JoinedAsync(1);
    }

    private TlsIdentity IssueSecond()
    {
        TlsIdentity issued = _authority.Issue(TestAuthority.NodeShape(2));
        Write("node-2", issued);
        return issued;
    }

    private TlsPaths PathsOf(string name) => new(_folder[$"{name}.pem"], _folder[$"{name}.key"], _folder["ca.pem"], _folder["revoked.crl"]);

    private void Write(string name, TlsIdentity identity) => TestAuthority.Write(identity, _folder[$"{name}.pem"], _folder[$"{name}.key"]);

    private void WriteAuthority(TestAuthority authority) => _folder.Write("ca.pem", Encoding.ASCII.GetBytes(authority.Roots[0].ExportCertificatePem()));

    private void WriteList(int number, params TlsIdentity[] revoked) =>
        File.WriteAllBytes(_folder["revoked.crl"], _authority.Revoke(number, TimeSpan.FromDays(1), revoked));
}
