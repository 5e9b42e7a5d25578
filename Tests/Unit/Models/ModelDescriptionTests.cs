using TraversalLearning.Models.Layers;
using TraversalLearning.Tests.Support;

namespace TraversalLearning.Tests.Unit.Models;

public sealed class ModelDescriptionTests
{
    private const string Valid =
        """{"name":"m","input_shape":[4],"class_count":2,"layers":[{"type":"linear","name":"fc1","in":4,"out":3},{"type":"relu","name":"r"},{"type":"linear","name":"fc2","in":3,"out":2}]}""";

    private static readonly System.Text.Json.JsonSerializerOptions JsonOfTheProtocol = new() { PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower };

    private static IEnumerable<ModelDescription> Models() =>
    [
        .. ModelPresets.Names.Select(n => ModelPresets.Create(Sized(n))), ModelPresets.Create("mlp", Activation.None), ClusterOptions.SmallCnn,
    ];

    [TestCaseSource(nameof(Models))]
    public void A_description_survives_its_journey_as_JSON(ModelDescription model)
    {
        ModelDescription read = ModelDescription.Parse(model.ToJson());

        Assert.That((read.Name, read.ClassCount, read.ParameterCount), Is.EqualTo((model.Name, model.ClassCount, model.ParameterCount)));
        Assert.That(read.InputShape, Is.EqualTo(model.InputShape));
        Assert.That(read.ToJson(), Is.EqualTo(model.ToJson()));
        Assert.That(read.ShapeBehind(1), Is.EqualTo(model.ShapeBehind(1)));
    }

    [Test]
    public void The_JSON_is_that_of_the_protocol() =>
        Assert.That(ModelDescription.Parse(Valid).ToJson(), Is.EqualTo(Valid));

    [TestCase("""{"type":"linear","name":"fc","in":4,"out":3}""")]
    [TestCase("""{"type":"linear","name":"fc","in":4,"out":3,"bias":false}""")]
    [TestCase("""{"type":"conv2d","name":"c","in":1,"out":4,"kernel":3,"stride":1,"padding":0}""")]
    [TestCase("""{"type":"max_pool2d","name":"p","kernel":2}""")]
    public void A_layer_is_written_as_it_always_was(string layer) => Assert.That(
        new ModelDescription("m", [4], 3, [System.Text.Json.JsonSerializer.Deserialize<LayerDescription>(layer, JsonOfTheProtocol)!]).ToJson(),
        Does.EndWith($"[{layer}]}}"));

    [Test]
    public void The_presets_have_the_sizes_of_their_PyTorch_originals()
    {
        Assert.That(ModelPresets.Create("mlp").ParameterCount, Is.EqualTo(242_762));
        Assert.That(ModelPresets.Create("cnn").ParameterCount, Is.EqualTo(1_199_882));
        Assert.That(ModelPresets.Create("mlp").Layers.Select(l => l.Name), Is.EqualTo((string[])["fc1", "relu1", "fc2", "relu2", "fc3", "relu3", "fc4"]));
        Assert.That(ModelPresets.Create("mlp", Activation.None).Layers.Select(l => l.Name), Is.EqualTo((string[])["fc1", "fc2", "fc3", "fc4"]));
        Assert.That(ModelPresets.Create("lenet5").ParameterCount, Is.EqualTo(61_706));
        Assert.That(ModelPresets.Create("resnet").ParameterCount, Is.EqualTo(272_474), "ResNet-20's 269,722, and two projections with their norms");
        Assert.That(ModelPresets.Create("text:100,12,4").Vocabulary, Is.EqualTo(100));
    }

    [Test]
    public void The_activation_of_the_mlp_is_found_in_its_layers([Values] Activation activation)
    {
        ModelDescription model = ModelPresets.Create("mlp", activation);
        Assert.That(model.ActivationOf(), Is.EqualTo(activation));
        Assert.That(model.Layers.Count(l => l is ReluLayer or GeluLayer or TanhLayer), Is.EqualTo(activation == Activation.None ? 0 : 3));
        Assert.That(ModelDescription.Parse(model.ToJson()).ActivationOf(), Is.EqualTo(activation));
    }

    [TestCase("cnn", Activation.Relu)]
    [TestCase("lenet5", Activation.None)]
    [TestCase("tabular:4,2", Activation.None)]
    public void Other_presets_keep_what_their_checkpoints_say(string name, Activation expected) =>
        Assert.That(ModelPresets.Create(name, Activation.Tanh).ActivationOf(), Is.EqualTo(expected));

    [TestCase("alexnet")]
    [TestCase("mlp:10")]
    [TestCase("tabular")]
    [TestCase("tabular:54")]
    [TestCase("tabular:54,7,1")]
    [TestCase("tabular:54,0")]
    [TestCase("tabular:54,-7")]
    [TestCase("tabular:5.4,7")]
    [TestCase("text:100,,4")]
    [TestCase("text:99999999999,12,4")]
    public void A_preset_that_is_none_is_refused_with_those_that_are(string name) =>
        Assert.That(() => ModelPresets.Create(name), Throws.TypeOf<ModelException>().With.Message.Contains("mlp, cnn").And.Message.Contains("tabular[:FEATURES,CLASSES]"));

    [TestCase("tabular:16777217,7", "input shape")]
    [TestCase("text:16777216,12,4", "'embedding' makes the model too large")]
    public void Sizes_beyond_the_limits_are_refused(string name, string reason) =>
        Assert.That(() => ModelPresets.Create(name), Throws.TypeOf<ModelException>().With.Message.Contains(reason));

    [TestCase("", "", TestName = "Refused: nothing")]
    [TestCase("null", "null", TestName = "Refused: null")]
    [TestCase("{}", "malformed", TestName = "Refused: no fields")]
    [TestCase("""{"name":"m","input_shape":null,"class_count":2,"layers":[]}""", "malformed", TestName = "Refused: a null shape")]
    [TestCase("""{"name":"m","input_shape":[4],"class_count":2,"layers":[]}""", "from 1 to", TestName = "Refused: no layers")]
    [TestCase("""{"name":"m","input_shape":[4],"class_count":2,"layers":[null]}""", "layer 1 is null", TestName = "Refused: a null layer")]
    [TestCase("""{"name":"m","input_shape":[4],"class_count":4,"layers":[{"type":"relu","name":null}]}""", "malformed", TestName = "Refused: a null name")]
    [TestCase("""{"name":"m","input_shape":[4],"class_count":4,"layers":[{"name":"r"}]}""", "malformed", TestName = "Refused: a layer without a kind")]
    public void Malformed_descriptions_are_refused(string json, string reason) =>
        Assert.That(() => ModelDescription.Parse(json), Throws.TypeOf<ModelException>().With.Message.Contains(reason));

    [TestCase("\"name\":\"m\"", "\"name\":\"m\",\"run\":\"rm\"", "run")]
    [TestCase("\"type\":\"relu\"", "\"type\":\"relu\",\"slope\":1", "slope")]
    [TestCase("\"name\":\"m\"", "\"name\":\"m\",\"name\":\"m\"", "malformed")]
    [TestCase("\"in\":4", "\"in\":4,\"in\":4", "malformed")]
    [TestCase("\"type\":\"relu\"", "\"type\":\"relu\",\"type\":\"relu\"", "malformed")]
    [TestCase("\"type\":\"relu\"", "\"type\":\"gru\"", "gru")]
    [TestCase("\"type\":\"relu\"", "\"type\":\"System.Diagnostics.Process\"", "malformed")]
    [TestCase("\"type\":\"relu\"", "\"$type\":\"relu\"", "malformed")]
    [TestCase("\"in\":4", "\"in\":\"4\"", "malformed")]
    [TestCase("\"in\":4", "\"in\":4.5", "malformed")]
    [TestCase("\"in\":4", "\"in\":99999999999999999999", "malformed")]
    [TestCase("\"in\":4,", "", "malformed")]
    public void Keys_kinds_and_types_that_are_not_known_are_refused(string text, string replacement, string reason) =>
        Assert.That(() => ModelDescription.Parse(Replace(text, replacement)), Throws.TypeOf<ModelException>().With.Message.Contains(reason));

    [TestCase("\"name\":\"m\"", "\"name\":\"m\",\"run\":\"rm\"", "it has no key 'run'; it takes name, input_shape, class_count, layers")]
    [TestCase("\"name\":\"m\"", "\"name\":7", "it: name is not a text")]
    [TestCase("\"class_count\":2", "\"class_count\":true", "it: class_count is not an integer")]
    [TestCase("[4]", "4", "it: input_shape is not an array")]
    [TestCase("\"type\":\"relu\"", "\"type\":\"gru\"", "layer 'r' has the type 'gru'; use one of linear, conv1d")]
    [TestCase("\"type\":\"relu\",", "", "layer 'r' has no type; use one of linear")]
    [TestCase("\"type\":\"relu\",\"name\":\"r\"", "\"name\":\"r\",\"slope\":1,\"type\":\"relu\"", "layer 'r' (relu) has no key 'slope'; it takes name")]
    [TestCase("\"in\":4,", "", "layer 'fc1' (linear) lacks the key 'in'")]
    [TestCase("\"in\":4", "\"in\":\"4\"", "layer 'fc1' (linear): in is not an integer")]
    [TestCase("\"in\":4", "\"in\":4.5", "layer 'fc1' (linear): in is not an integer")]
    [TestCase("\"in\":4", "\"in\":4,\"bias\":0", "layer 'fc1' (linear): bias is not true or false")]
    [TestCase("{\"type\":\"relu\",\"name\":\"r\"}", "[]", "layer 2 is not an object")]
    [TestCase("{\"type\":\"relu\",\"name\":\"r\"}", """{"type":"dropout","name":"d","p":"0.5"}""", "layer 'd' (dropout): p is not a number")]
    [TestCase("{\"type\":\"relu\",\"name\":\"r\"}", """{"type":"residual","name":"b","body":[{"type":"relu","name":"i","x":1}]}""", "layer 'b.i' (relu) has no key 'x'")]
    [TestCase("{\"type\":\"relu\",\"name\":\"r\"}", """{"type":"residual","name":"b","body":[null]}""", "layer 1 of the body of 'b' is null")]
    [TestCase("{\"type\":\"relu\",\"name\":\"r\"}", """{"type":"residual","name":"b","body":[7]}""", "layer 1 in 'b' is not an object")]
    public void What_is_malformed_is_said_in_the_words_of_the_file(string text, string replacement, string reason) =>
        Assert.That(() => ModelDescription.Parse(Replace(text, replacement)), Throws.TypeOf<ModelException>().With.Message.Contains(reason));

    [TestCase("\"in\":4", "\"in\":5", "'fc1' takes [5], but gets [4]")]
    [TestCase("\"in\":3", "\"in\":4", "'fc2' takes [4], but gets [3]")]
    [TestCase("\"out\":2", "\"out\":3", "the last layer gives [3]")]
    [TestCase("\"out\":2", "\"out\":0", "'fc2': out is 0")]
    [TestCase("\"out\":2", "\"out\":-1", "'fc2': out is -1")]
    [TestCase("[4]", "[2,2]", "'fc1' takes [4], but gets [2, 2]")]
    [TestCase("[4]", "[]", "input shape")]
    [TestCase("[4]", "[0]", "input shape")]
    [TestCase("[4]", "[1,1,1,1,4]", "input shape")]
    public void Layers_that_do_not_fit_are_named(string text, string replacement, string reason) =>
        Assert.That(() => ModelDescription.Parse(Replace(text, replacement)), Throws.TypeOf<ModelException>().With.Message.Contains(reason));

    [Test]
    public void Convolutions_and_pools_that_do_not_fit_are_named()
    {
        Assert.That(Cnn(new Conv2dLayer("c", 2, 4, Kernel: 3)), Throws.TypeOf<ModelException>().With.Message.Contains("'c' takes [2, height, width]"));
        Assert.That(Cnn(new Conv2dLayer("c", 1, 4, Kernel: 9)), Throws.TypeOf<ModelException>().With.Message.Contains("at least 9×9"));
        Assert.That(Cnn(new Conv2dLayer("c", 1, 4, Kernel: 3, Stride: 0)), Throws.TypeOf<ModelException>().With.Message.Contains("'c': stride is 0"));
        Assert.That(Cnn(new Conv2dLayer("c", 1, 4, Kernel: 3, Padding: -1)), Throws.TypeOf<ModelException>().With.Message.Contains("'c': padding"));
        Assert.That(Cnn(new MaxPool2dLayer("p", 9)), Throws.TypeOf<ModelException>().With.Message.Contains("'p' takes"));
        Assert.That(Cnn(new FlattenLayer("f"), new MaxPool2dLayer("p", 2)), Throws.TypeOf<ModelException>().With.Message.Contains("'p' takes"));

        static Action Cnn(params LayerDescription[] layers) => () => new ModelDescription("m", [1, 8, 8], 4, layers).ShapeBehind(layers.Length);
    }

    [TestCase("fc1", Description = "stands twice")]
    [TestCase("")]
    [TestCase("a.b", Description = "would be another parameter's name in a state dict")]
    [TestCase("a/b")]
    [TestCase("fc 1")]
    [TestCase("é")]
    public void Names_that_are_taken_or_no_names_are_refused(string name) =>
        Assert.That(() => ModelDescription.Parse(Replace("\"fc2\"", $"\"{name}\"")), Throws.TypeOf<ModelException>().With.Message.Contains("layer 3"));

    [TestCase("\"out\":3", "\"out\":16777216", "\"in\":3", "\"in\":16777216", Description = "2^24 × 4 weights would fit, 2^24 × 2 too; with the next one not")]
    [TestCase("\"out\":3", "\"out\":9223372036854775807", "\"in\":3", "\"in\":9223372036854775807")]
    [TestCase("[4]", "[16777216]", "\"in\":4,\"out\":3", "\"in\":16777216,\"out\":16777216")]
    [TestCase("[4]", "[16777217]", "\"in\":4", "\"in\":16777217")]
    public void Dimensions_of_any_size_are_checked_without_taking_memory(string first, string firstReplacement, string second, string secondReplacement)
    {
        string json = Replace(first, firstReplacement).Replace(second, secondReplacement, StringComparison.Ordinal)
            .Replace("\"out\":2", "\"out\":16777216", StringComparison.Ordinal);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.That(() => ModelDescription.Parse(json), Throws.TypeOf<ModelException>());

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(1 << 20));
    }

    [Test]
    public void Kernels_and_strides_of_any_size_are_checked_without_overflow() =>
        Assert.That(
            () => ModelDescription.Parse(
                """{"name":"m","input_shape":[1,8,8],"class_count":2,"layers":[{"type":"conv2d","name":"c","in":1,"out":16777216,"kernel":16777216,"stride":1,"padding":16777215}]}"""),
            Throws.TypeOf<ModelException>());

    [Test]
    public void Layers_beyond_the_limit_are_refused()
    {
        LayerDescription[] layers = [.. Enumerable.Range(0, 1025).Select(i => new ReluLayer($"r{i}"))];
        Assert.That(() => new ModelDescription("m", [4], 4, layers).ShapeBehind(1), Throws.TypeOf<ModelException>().With.Message.Contains("1024"));
        Assert.That(new ModelDescription("m", [4], 4, layers[..1024]).ShapeBehind(1), Is.EqualTo((long[])[4]));
    }

    [TestCase("1", 1)]
    [TestCase("conv1", 1)]
    [TestCase("relu1", 2)]
    [TestCase("flatten", 6)]
    [TestCase("9", 9)]
    [TestCase("fc2", 9)]
    public void A_cut_is_a_number_or_a_name(string cut, int expected) => Assert.That(ModelPresets.Create("cnn").ParseCut(cut), Is.EqualTo(expected));

    [TestCase("0")]
    [TestCase("10")]
    [TestCase("-1")]
    [TestCase("+1")]
    [TestCase("1.0")]
    [TestCase(" 1")]
    [TestCase("99999999999")]
    [TestCase("")]
    [TestCase("FC1")]
    [TestCase("fc9")]
    public void A_cut_that_does_not_exist_is_refused_with_those_that_do(string cut) =>
        Assert.That(() => ModelPresets.Create("cnn").ParseCut(cut), Throws.TypeOf<ModelException>().With.Message.Contains("1 to 9 or one of conv1, relu1"));

    [Test]
    public void A_cut_before_the_first_parameter_would_send_the_inputs_and_is_refused()
    {
        var model = new ModelDescription("m", [1, 4, 4], 2, [new MaxPool2dLayer("pool", 2), new FlattenLayer("flatten"), new LinearLayer("fc", 4, 2)]);
        Assert.That(() => model.ParseCut("pool"), Throws.TypeOf<ModelException>().With.Message.Contains("no parameters"));
        Assert.That(() => model.ParseCut("2"), Throws.TypeOf<ModelException>().With.Message.Contains("no parameters"));
        Assert.That(model.ParseCut("fc"), Is.EqualTo(3));
    }

    [Test]
    public void The_shape_at_every_cut_is_the_layers_output()
    {
        ModelDescription cnn = ModelPresets.Create("cnn");
        long[][] shapes = [.. Enumerable.Range(0, 10).Select(cnn.ShapeBehind)];
        Assert.That(shapes, Is.EqualTo((long[][])
        [
            [1, 28, 28], [32, 26, 26], [32, 26, 26], [64, 24, 24], [64, 24, 24], [64, 12, 12], [9216], [128], [128], [10],
        ]));
    }

    /// <summary>A preset's name with numbers for its sizes.</summary>
    private static string Sized(string name) => string.Concat(name.Split('[', ':')[0], name.Contains(':', StringComparison.Ordinal) ? ":" : string.Empty,
        string.Join(',', name.Split(':') is [_, var sizes] ? sizes.Split(',').Select((_, i) => 10 * (i + 1)) : []));

    private static string Replace(string text, string replacement)
    {
        Assert.That(Valid, Does.Contain(text));
        return Valid.Replace(text, replacement, StringComparison.Ordinal);
    }
}
