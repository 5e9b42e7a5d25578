using TraversalLearning.Orchestration.Reports;

namespace TraversalLearning.Tests.Unit.Reports;

public sealed class ReproducingCommandTests
{
    [Test]
    public void A_run_is_done_again_elsewhere_and_from_the_beginning() => Assert.That(
        ReproducingCommand.OfRun(["--num_nodes", "3", "--output", "my runs/1", "--nesterov", "--resume=latest", "--dataset", "my data"]),
        Is.EqualTo("dotnet run -c Release --project Orchestrator -- --num_nodes 3 --nesterov --dataset 'my data'"));

    [Test]
    public void Nodes_are_told_what_they_share_with_the_orchestrator() => Assert.That(
        ReproducingCommand.OfNodes(["--num-nodes=3", "--no-accel", "--lr", "0.1", "--partition", "dirichlet:0.1", "--partition_seed", "2"], count: null),
        Is.EqualTo("dotnet run -c Release --project Node -- --node_id 1 --virtual_nodes 3 --num-nodes=3 --no-accel --partition dirichlet:0.1 --partition_seed 2"));

    [Test]
    public void A_run_without_nodes_has_no_command_for_them()
    {
        Assert.That(ReproducingCommand.OfNodes(["--algorithm", "centralized", "--num_nodes", "3"], count: null), Is.Null);
        Assert.That(ReproducingCommand.OfNodes(["centralized", "--num_nodes", "3"], count: null), Is.Null);
        Assert.That(ReproducingCommand.OfNodes(["--num_nodes", "3"], count: 0), Is.Null);
        Assert.That(ReproducingCommand.OfNodes(["--lr", "1"], count: null), Is.Null, "how many there are is not known");
    }
}
