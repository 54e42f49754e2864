// Makes calls with the vendor's SDKs for Node: one line of JSON in for each call, one line out with what came of it.
'use strict';

const path = require('path');
const readline = require('readline');

const modules = path.join(process.argv[2], 'node_modules');
const get = (name) => require(path.join(modules, name));
const $dara = get('@darabonba/typescript');
const OpenApi = get('@alicloud/openapi-core');
const PopCore = get('@alicloud/pop-core');
const packages = { ecs: get('@alicloud/ecs20140526'), vpc: get('@alicloud/vpc20160428') };
const versions = { ecs: '2014-05-26', vpc: '2016-04-28' };

async function tea(call) {
  const sdk = packages[call.product];
  const config = new OpenApi.$OpenApiUtil.Config({
    accessKeyId: call.key,
    accessKeySecret: call.secret,
    endpoint: call.endpoint,
    protocol: 'http',
    regionId: 'cn-hangzhou',
    ...call.settings,
  });
  const request = $dara.cast(call.parameters, new sdk[`${call.action}Request`]({}));
  const client = new sdk.default(config);
  const response = await client[call.action[0].toLowerCase() + call.action.slice(1)](request);
  return $dara.toMap(response.body);
}

async function pop(call) {
  const client = new PopCore.RPCClient({
    accessKeyId: call.key,
    accessKeySecret: call.secret,
    endpoint: `http://${call.endpoint}`,
    apiVersion: versions[call.product],
  });
  return client.request(call.action, call.parameters, { method: call.method || 'GET', timeout: 20000 });
}

async function answer(line) {
  const call = JSON.parse(line);
  try {
    return { body: await { tea, pop }[call.sdk](call) };
  } catch (error) {
    const { name, code, statusCode, message, data } = error;
    return { error: { name, code, status: statusCode || (data && data.statusCode), message, data } };
  }
}

const lines = readline.createInterface({ input: process.stdin });
let last = Promise.resolve();
lines.on('line', (line) => {
  last = last.then(() => answer(line)).then((found) => process.stdout.write(`${JSON.stringify(found)}\n`));
});
