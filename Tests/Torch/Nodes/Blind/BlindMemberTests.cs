using TraversalLearning.Data.Batches;
using TraversalLearning.Messages;
using TraversalLearning.Models.Layers;
using TraversalLearning.Models.Optimizers;
using TraversalLearning.Nodes.Blind;
using TraversalLearning.Nodes.Policies;
using TraversalLearning.Orchestration.Training.Blind;
using TraversalLearning.SecureAggregation;
using TraversalLearning.Security;
using TraversalLearning.Tensors;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Torch.Nodes.Blind;

/// <summary>What a node does for an honest orchestrator, and what it refuses to another one.</summary>
internal sealed class BlindMemberTests
{
    private static readonly ClusterOptions Options = new() { Shards = [20, 30, 14, 25], BatchSize = 24 };

    private static IEnumerable<TestCaseData> Trainings() =>
        from model in new[] { ClusterOptions.SmallMlp, ClusterOptions.SmallCnn }
        from type in new[] { ElementType.Float32, ElementType.Float64 }
        from optimizer in new[] { new OptimizerSettings(), new OptimizerSettings(OptimizerKind.Adam), new OptimizerSettings(OptimizerKind.Sgd) { Momentum = 0.9 } }
        select new TestCaseData(Options with { Model = model, Type = type, Optimizer = optimizer }).SetArgDisplayNames(model.Name, $"{type}", $"{optimizer.Kind}");

    [TestCaseSource(nameof(Trainings))]
    public void Training_under_masks_ends_with_the_bytes_of_training_without(ClusterOptions options)
    {
        const int Steps = 3;
        using var crew = new BlindCrew(options);
        crew.Train(Steps);
        byte[] unmasked = crew.TrainUnmasked(Steps);
        for (int id = 1; id <= crew.Count; id++)
        {
            Assert.That(crew.ThetaOf(id).AsSpan().SequenceEqual(unmasked), Is.True, $"node {id}");
        }

        Assert.That(unmasked.AsSpan().SequenceEqual(crew.Start), Is.False, "it did train");
    }

    [Test]
    public void What_a_node_sends_and_what_the_orchestrator_adds_up_is_not_what_it_hides()
    {
        using var crew = new BlindCrew(Options);
        BlindStep request = crew.Request(0);
        byte[] masked = [.. crew[2].Step(request).Sum!];
        byte[] sum = crew.Sum(request);
        using var replica = new BlindReplica(crew.Units[0].Setup, crew.Terms.Optimizer, crew[1].Format!, TorchSharp.torch.CPU);
        crew.Start.CopyTo(replica.Parameters.ValueBytes);
        replica.Parameters.ValuesFromHost();
        byte[] plain = crew.UnmaskedSum(replica, crew[1].Format!, crew.Planner.Batch(1, 0), new Headroom(replica.Scale.TensorCount))!;
        Assert.That(Alike(sum, plain), Is.LessThan(0.02), "the group's mask is on the sum");
        Assert.That(masked.Chunk(4).Count(c => c.All(b => b == 0)), Is.LessThan(3), "zeros of the gradient do not show");

        static double Alike(byte[] a, byte[] b) => Enumerable.Range(0, b.Length / 4).Count(i => a.AsSpan(4 * i, 4).SequenceEqual(b.AsSpan(4 * i, 4))) / (b.Length / 4.0);
    }

    [Test]
    public void The_same_request_gets_the_same_bytes_and_the_same_step_with_other_nodes_none()
    {
        using var crew = new BlindCrew(Options);
        byte[] first = [.. crew[1].Step(crew.Request(0)).Sum!];
        Assert.That(crew[1].Step(crew.Request(0)).Sum, Is.EqualTo(first));
        AssertRefused(() => crew[1].Step(crew.Request(0, participants: [1, 2])), "must not hide two values");
        AssertRefused(() => crew[1].Step(crew.Request(0, headroom: crew.HeadroomOf(4))), "must not hide two values");
        Assert.That(crew[1].Step(crew.Request(0, attempt: 1, participants: [1, 2])).Sum, Is.Not.EqualTo(first));
        AssertRefused(() => crew[1].Step(crew.Request(0)), "must not hide two values");
    }

    [Test]
    public void A_restored_state_does_not_make_a_node_use_a_mask_again()
    {
        using var crew = new BlindCrew(Options);
        StepId before = crew.Train(1);
        byte[] state = crew[1].Seal(before);
        crew[1].Step(crew.Request(1));
        crew[1].Unseal(before, state);
        AssertRefused(() => crew[1].Step(crew.Request(1, headroom: crew.HeadroomOf(4))), "must not hide two values");
    }

    [Test]
    public void A_step_that_is_not_later_than_the_last_is_refused()
    {
        using var crew = new BlindCrew(Options);
        crew.Train(2);
        AssertRefused(() => crew[1].Step(crew.Request(1, attempt: 9)), "has been trained on already");
        AssertRefused(() => crew[1].Step(crew.Request(0, attempt: 9)), "has been trained on already");
        AssertRefused(() => crew[1].Step(crew.Request(0) with { Step = new StepId(0, 0, 0) }), "is not in the plan");
        AssertRefused(() => crew[1].Step(crew.Request(0) with { Step = new StepId(1, crew.Planner.BatchesPerEpoch, 0) }), "is not in the plan");
    }

    [Test]
    public void A_list_of_nodes_that_is_not_the_plans_or_too_short_is_refused()
    {
        using var crew = new BlindCrew(Options, minNodes: 3);
        AssertRefused(() => crew[1].Step(crew.Request(0, participants: [1, 2, 3, 4, 5])), "a node without rows");
        AssertRefused(() => crew[1].Step(crew.Request(0, participants: [1, 2])), "2 nodes would be in the sum, and there must be 3");
        AssertRefused(() => crew[1].Step(crew.Request(0, participants: [2, 1, 3])), "not ascending");
        AssertRefused(() => crew[1].Step(crew.Request(0, participants: [1, 1, 2, 3])), "not ascending");
        AssertRefused(() => crew[1].Step(crew.Request(0) with { Participants = [1, 2, 1L << 40] }), "not ascending");
        Assert.That(crew[1].Step(crew.Request(0)).Sum, Is.Not.Null, "what was refused has used no mask");
    }

    [Test]
    public void Where_lost_nodes_are_waited_for_no_sum_is_without_one_of_them()
    {
        using var crew = new BlindCrew(Options, skips: false);
        long[] some = [.. crew.Request(0).Participants.Skip(1)];
        Assert.That(crew.Request(0).Participants, Has.Length.GreaterThan(2));
        AssertRefused(() => crew[(int)some[0]].Step(crew.Request(0) with { Participants = some }), "was asked for without some nodes");
        Assert.That(crew[(int)some[0]].Step(crew.Request(0)).Sum, Is.Not.Null, "what was refused has used no mask");

        BlindEvaluation Of(int attempt, params long[] nodes) => new(new StepId(1, 1, attempt), nodes, 10);
        crew[1].Evaluate(Of(0, 1, 2, 3), default);
        AssertRefused(() => crew[1].Evaluate(Of(1, 1, 2, 3, 4), default), "was asked for without some nodes");
        crew[1].Evaluate(Of(1, 1, 2, 3), default);
    }

    [Test]
    public void A_batch_of_too_few_nodes_is_refused_even_if_the_plan_has_it()
    {
        using var crew = new BlindCrew(Options with { Shards = [6, 6, 6], BatchSize = 2 }, minNodes: 3);
        int small = Enumerable.Range(0, crew.Planner.BatchesPerEpoch).First(b => crew.Planner.Batch(1, b).Plan.Visits.Count < 3);
        Visit visit = crew.Planner.Batch(1, small).Plan.Visits[0];
        AssertRefused(() => crew[visit.NodeId].Step(crew.Request(small)), "there must be 3");
        AssertRefused(() => crew[visit.NodeId].Step(crew.Request(small) with { Participants = [] }), "there must be 3");
    }

    [Test]
    public void An_evaluation_of_too_few_nodes_or_of_others_is_refused()
    {
        using var crew = new BlindCrew(Options, minNodes: 3);
        BlindEvaluation Of(params long[] nodes) => new(new StepId(1, 1, 0), nodes, 10);
        AssertRefused(() => crew[1].Evaluate(Of(1, 2), default), "there must be 3");
        AssertRefused(() => crew[1].Evaluate(Of(2, 3, 4), default), "not those of the run");
        AssertRefused(() => crew[1].Evaluate(Of(1, 2, 5), default), "not those of the run");
        crew[1].Evaluate(Of(1, 2, 3), default);
        AssertRefused(() => crew[1].Evaluate(Of(1, 2, 3, 4), default), "must not hide two values");
    }

    [Test]
    public void A_sum_that_is_not_what_the_nodes_sent_is_refused_and_leaves_no_trace()
    {
        using var crew = new BlindCrew(Options);
        StepId after = crew.Train(1);
        (BlindStep request, byte[] sum) = crew.SumOf(1);
        byte[] before = crew.ThetaOf(1);
        foreach (int bit in new[] { 0, 7, 8 * (sum.Length / 2), (8 * sum.Length) - 1, (8 * sum.Length) - 40 })
        {
            byte[] changed = [.. sum];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            AssertRefused(() => BlindCrew.Apply(crew[1], new AppliedSum(request.Step, request.Headroom, after), changed), "is not what the nodes sent");
        }

        byte[] partial = new byte[sum.Length];
        AssertRefused(() => BlindCrew.Apply(crew[1], new AppliedSum(request.Step, request.Headroom, after), partial), "is not what the nodes sent");
        AssertRefused(() => BlindCrew.Apply(crew[1], new AppliedSum(request.Step with { Attempt = 9 }, request.Headroom, after), sum), "is not what the nodes sent");
        Assert.That(crew.ThetaOf(1), Is.EqualTo(before));
    }

    [Test]
    public void A_sum_out_of_order_is_not_added()
    {
        using var crew = new BlindCrew(Options);
        StepId after = crew.Train(1);
        (BlindStep request, byte[] sum) = crew.SumOf(1);
        var stale = (TaskRefusedException)AssertRefused(() => BlindCrew.Apply(crew[1], new AppliedSum(request.Step, request.Headroom, default), sum), "not that after the start");
        Assert.That(stale.Code, Is.EqualTo(TaskFailureCodes.NoState));
        BlindCrew.Apply(crew[1], new AppliedSum(request.Step, request.Headroom, after), sum);
        byte[] once = crew.ThetaOf(1);
        BlindCrew.Apply(crew[1], new AppliedSum(request.Step, request.Headroom, after), sum);
        Assert.That(crew.ThetaOf(1), Is.EqualTo(once), "the same sum twice is one step");
    }

    [TestCase("counts", "counts the nodes' samples wrongly")]
    [TestCase("few counts", "counts the nodes' samples wrongly")]
    [TestCase("bits", "cannot be added as integers of 16 bits")]
    [TestCase("batch size", "not usable")]
    [TestCase("run", "not usable")]
    [TestCase("json", "malformed")]
    public void Terms_that_a_node_does_not_accept_are_refused(string what, string message)
    {
        using var crew = new BlindCrew(Options, _ => new BlindSettings(), minNodes: 3);
        BlindTerms terms = what switch
        {
            "bits" => crew.Terms with { SumBits = 16 },
            "batch size" => crew.Terms with { BatchSize = 0 },
            "run" => crew.Terms with { Run = "../../x" },
            _ => crew.Terms,
        };
        int[] counts = crew.Counts;
        counts[0] += what == "counts" ? 1 : 0;
        string json = what == "json" ? terms.ToJson().Replace("\"seed\"", "\"seeds\"", StringComparison.Ordinal) : terms.ToJson();
        Assert.That(() => crew[1].Start(json, what == "few counts" ? [] : counts, crew.Start), Throws.TypeOf<ModelException>().With.Message.Contains(message));
    }

    [Test]
    public void Batches_with_fewer_nodes_than_the_policy_asks_for_are_refused()
    {
        using var crew = new BlindCrew(Options, _ => new BlindSettings(), minNodes: 3);
        string terms = (crew.Terms with { MinNodesPerBatch = 2 }).ToJson();
        Assert.That(() => crew[1].Start(terms, crew.Counts, crew.Start), Throws.TypeOf<PolicyException>().With.Message.Contains("min_nodes").And.Message.Contains("3 are needed"));
    }

    [Test]
    public void A_last_batch_that_is_smaller_than_the_policy_allows_is_refused_before_the_first()
    {
        int last = Options.EffectivePartition.Sum(p => p.Length) % Options.BatchSize;
        Assert.That(last, Is.Positive, "the last batch is smaller");
        Assert.That(
            () => new BlindCrew(Options, _ => new BlindSettings { Policy = new PolicySource(NodePolicy.Permissive with { MinBatch = last + 1 }) }),
            Throws.TypeOf<PolicyException>().With.Property("Rule").EqualTo(PolicyKeys.MinBatch));
    }

    [TestCase(PolicyKeys.MinNodes)]
    [TestCase(PolicyKeys.MinBatch)]
    public void A_step_that_breaks_a_rule_is_refused_in_the_middle_of_a_run(string rule)
    {
        var policy = new PolicySource(NodePolicy.Permissive);
        using var crew = new BlindCrew(Options, _ => new BlindSettings { Policy = policy });
        crew.Train(1);
        policy.Replace(rule == PolicyKeys.MinNodes ? NodePolicy.Permissive with { MinNodes = 50 } : NodePolicy.Permissive with { MinBatch = Options.BatchSize + 1 });
        Assert.That(() => crew[1].Step(crew.Request(1)), Throws.TypeOf<PolicyException>().With.Property("Rule").EqualTo(rule));
    }

    [Test]
    public void A_node_of_another_run_has_no_keys_and_begins_at_the_start()
    {
        using var crew = new BlindCrew(Options);
        crew.Train(1);
        BlindReady ready = crew[1].Start((crew.Terms with { Run = new string('b', 32) }).ToJson(), crew.Counts, crew.Start);
        Assert.That((ready.Applied, ready.KeyEpoch, ready.GroupKey), Is.EqualTo((default(StepId), string.Empty, string.Empty)));
        AssertRefused(() => crew[1].Step(crew.Request(1)), "has no keys of this run");
    }

    [Test]
    public void A_roster_with_another_key_of_this_node_or_of_a_stranger_is_refused()
    {
        using var crew = new BlindCrew(Options);
        using var stranger = EphemeralKey.Create();
        KeyOffer[] offers = crew.Offers();
        KeyOffer[] Instead(int id) => [.. offers.Where(o => o.NodeId != id), KeyOffer.Create(id, crew.Terms.Run, stranger, identity: null)];
        AssertRefused<KeyExchangeException>(() => crew[1].Agree(1, new KeyRoster(crew.Terms.Run, Instead(1)).ToBytes(), null), "another public key than this node's own");
        AssertRefused<KeyExchangeException>(() => crew[1].Agree(1, new KeyRoster(crew.Terms.Run, Instead(5)).ToBytes(), null), "not from 1 to 4");

        // Without certificates nobody can tell whose key of another node it is, but the run's key then does not come through.
        byte[] others = new KeyRoster(crew.Terms.Run, Instead(2)).ToBytes();
        (_, byte[]? shares) = crew[1].Agree(1, others, null);
        AssertRefused<KeyExchangeException>(() => crew[3].Agree(1, new KeyRoster(crew.Terms.Run, offers).ToBytes(), shares.AsSpan(shares!.Length / 3, shares.Length / 3).ToArray()), "was changed on its way");
    }

    [Test]
    public void With_certificates_a_key_that_is_not_signed_or_by_another_node_is_refused()
    {
        using var authority = new TestAuthority();
        BlindSettings Settings(int id) => new()
        {
            Tls = new ClientTls(authority.Trusted, authority.Issue(TestAuthority.NodeShape(id))),
            Policy = new PolicySource(NodePolicy.Permissive),
        };
        using var crew = new BlindCrew(Options, Settings);
        Assert.That(crew[1].KeysAreSigned, Is.True);
        using var stranger = EphemeralKey.Create();
        KeyOffer[] offers = crew.Offers();
        KeyOffer[] Instead(KeyOffer offer) => [.. offers.Where(o => o.NodeId != 2), offer];
        foreach (KeyOffer forged in new[]
        {
            KeyOffer.Create(2, crew.Terms.Run, stranger, identity: null),
            KeyOffer.Create(2, crew.Terms.Run, stranger, authority.Issue(TestAuthority.NodeShape(3))),
            KeyOffer.Create(2, new string('b', 32), stranger, authority.Issue(TestAuthority.NodeShape(2))),
        })
        {
            AssertRefused<KeyExchangeException>(() => crew[1].Agree(1, new KeyRoster(crew.Terms.Run, Instead(forged)).ToBytes(), null), "node 2");
        }
    }

    [Test]
    public void The_model_is_given_only_with_the_consent_of_every_node()
    {
        using var crew = new BlindCrew(Options);
        StepId step = crew.Train(1);
        byte[] consents = [.. crew.Agree(new KeyRoster(crew.Terms.Run, crew.Offers()).ToBytes()).SelectMany(a => Convert.FromHexString(a.Consent))];
        Assert.That(() => crew[1].Finish(step, consents), Throws.Nothing);
        AssertRefused(() => crew[1].Finish(step, consents.AsSpan(32).ToArray()), "consent");
        byte[] twice = [.. consents];
        twice.AsSpan(0, 32).CopyTo(twice.AsSpan(32));
        AssertRefused(() => crew[1].Finish(step, twice), "consent");
        AssertRefused(() => crew[1].Finish(step with { Batch = 7 }, []), "not that after");
    }

    [Test]
    public void A_node_that_does_not_allow_it_gives_no_consent_and_no_model()
    {
        using var crew = new BlindCrew(Options, id => new BlindSettings { Policy = new PolicySource(NodePolicy.Permissive with { AllowsReveal = id != 2 }) });
        StepId step = crew.Train(1);
        KeyAgreed[] agreed = crew.Agree(new KeyRoster(crew.Terms.Run, crew.Offers()).ToBytes());
        Assert.That(agreed.Select(a => a.Consent.Length), Is.EqualTo((int[])[64, 0, 64, 64]));
        byte[] forged = [.. agreed.SelectMany(a => a.Consent.Length > 0 ? Convert.FromHexString(a.Consent) : new byte[32])];
        AssertRefused(() => crew[1].Finish(step, forged), "consent");
        AssertRefused(() => crew[2].Finish(step, forged), "consent");
    }

    [Test]
    public void A_sealed_state_that_was_changed_or_is_of_another_step_is_refused()
    {
        using var crew = new BlindCrew(Options);
        StepId first = crew.Train(1);
        byte[] state = crew[1].Seal(first);
        StepId second = crew.TrainOn(1, first);
        byte[] theta = crew.ThetaOf(2);
        foreach (int at in new[] { 0, 40, state.Length / 2, state.Length - 1 })
        {
            byte[] changed = [.. state];
            changed[at] ^= 1;
            AssertRefused<KeyExchangeException>(() => crew[2].Unseal(first, changed), "was changed");
        }

        AssertRefused<ModelException>(() => crew[2].Unseal(second, state), "not that after");
        AssertRefused<KeyExchangeException>(() => crew[2].Unseal(first, state.AsSpan(0, state.Length - 100).ToArray()), "was changed");
        Assert.That(crew.ThetaOf(2), Is.EqualTo(theta));
        AssertRefused(() => crew[1].Seal(first), "not that after");
    }

    [Test]
    public void A_sealed_state_makes_another_node_the_same()
    {
        using var crew = new BlindCrew(Options with { Optimizer = new OptimizerSettings(OptimizerKind.Adam) });
        StepId step = crew.Train(2);
        byte[] state = crew[1].Seal(step);
        Assert.That(crew[2].Agreement(), Is.EqualTo(crew[1].Agreement()));
        crew[2].Start((crew.Terms with { BatchSize = 7 }).ToJson(), crew.Counts, crew.Start);
        crew[2].Start(crew.Terms.ToJson(), crew.Counts, crew.Start);
        crew.Agree();
        Assert.That(crew[2].Agreement(), Is.Not.EqualTo(crew[1].Agreement()), "it was started anew");
        crew[2].Unseal(step, state);
        Assert.That(crew[2].Agreement(), Is.EqualTo(crew[1].Agreement()));
        crew.TrainOn(2, step);
        Assert.That(crew.ThetaOf(2), Is.EqualTo(crew.ThetaOf(1)));
    }

    private static Exception AssertRefused(Action action, string message) => AssertRefused<TaskRefusedException>(action, message);

    private static Exception AssertRefused<T>(Action action, string message)
        where T : Exception
    {
        T? refused = Assert.Throws<T>(action);
        Assert.That(refused!.Message, Does.Contain(message));
        return refused;
    }
}
