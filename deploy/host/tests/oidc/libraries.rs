//! Tokens that jose (npm) and PyJWT (PyPI) sign, whose keys are read from a server on this machine.

use std::{env, path::PathBuf, process::Command, sync::Arc};

use badgesmith_engine::{
    AllowedAddress, Settings,
    proof::{Claimed, IssuerKind, TrustedIssuer, Unproven, Verifier},
    world::{Executor, Upstream},
};
use badgesmith_host::{executor::TokioExecutor, oidc::TokenVerifier, web::HttpWeb};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::issuer::{github, now, refusal, trusted, with};

/// Prints the keys and then a token of each algorithm, and tokens that must be refused.
const JOSE: &str = "
import { SignJWT, UnsecuredJWT, generateKeyPair, exportJWK } from 'jose';
const claims = JSON.parse(process.argv[1]);
const keys = [], tokens = [];
for (const alg of ['RS256', 'ES256', 'PS256', 'RS384', 'ES384', 'EdDSA']) {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  keys.push({ ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' });
  tokens.push(await new SignJWT(claims).setProtectedHeader({ alg, kid: alg, typ: 'JWT' }).sign(privateKey));
}
const secret = new TextEncoder().encode(JSON.stringify(keys[0]));
tokens.push(await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'RS256' }).sign(secret));
tokens.push(new UnsecuredJWT(claims).encode());
console.log(JSON.stringify({ keys: { keys }, tokens }));
";
const PYJWT: &str = "
import json, sys, jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
claims, keys, tokens = json.loads(sys.argv[1]), [], []
pairs = {'RS256': rsa.generate_private_key(65537, 4160), 'ES256': ec.generate_private_key(ec.SECP256R1())}
pairs |= {'PS256': rsa.generate_private_key(65537, 2048), 'RS384': rsa.generate_private_key(65537, 2048)}
pairs |= {'ES384': ec.generate_private_key(ec.SECP384R1()), 'EdDSA': ed25519.Ed25519PrivateKey.generate()}
for name, key in pairs.items():
    algorithm = jwt.get_algorithm_by_name(name)
    keys.append({**json.loads(algorithm.to_jwk(key.public_key())), 'kid': name, 'alg': name, 'use': 'sig'})
    tokens.append(jwt.encode(claims, key, algorithm=name, headers={'kid': name}))
# PyJWT itself refuses a public key as it is published, so this secret is its modulus.
tokens.append(jwt.encode(claims, keys[0]['n'], algorithm='HS256', headers={'kid': 'RS256'}))
tokens.append(jwt.encode(claims, None, algorithm='none'))
print(json.dumps({'keys': {'keys': keys}, 'tokens': tokens}))
";

/// Serves the keys of an issuer at a free port of this machine. The first request is for the configuration.
async fn serve(listener: TcpListener, issuer: String, keys: Value) {
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let body = match String::from_utf8(head).unwrap().contains("/.well-known/openid-configuration ") {
            true => json!({ "issuer": issuer, "jwks_uri": format!("{issuer}/keys") }).to_string(),
            false => keys.to_string(),
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs BADGESMITH_SIGNERS, which .ci/peers installs"]
async fn tokens_of_jose_and_of_pyjwt_are_accepted_if_they_are_of_rs256_or_es256() {
    let signers = PathBuf::from(env::var_os("BADGESMITH_SIGNERS").expect("BADGESMITH_SIGNERS is set"));
    let jose = (PathBuf::from("node"), vec!["--input-type=module", "-e", JOSE]);
    let pyjwt = (signers.join("venv/bin/python"), vec!["-c", PYJWT]);
    for (program, arguments) in [jose, pyjwt] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let issuer = format!("http://{address}");
        let claims = with(github(), &json!({ "iss": issuer }));
        let output = Command::new(&program).args(arguments).arg(claims.to_string()).current_dir(&signers).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let server = tokio::spawn(serve(listener, issuer.clone(), printed["keys"].clone()));

        let allow_addresses = vec![AllowedAddress::try_from(address).unwrap()];
        let settings = Settings { allow_addresses, allow_http: true, ..Settings::default() };
        let web: Arc<dyn Upstream> = Arc::new(HttpWeb::new(&settings));
        let executor: Arc<dyn Executor> = Arc::new(TokioExecutor);
        let trust = TrustedIssuer { kind: IssuerKind::GitHub, ..trusted(&issuer, &["acme"]) };
        let verifier = TokenVerifier::new(vec![trust.clone()], web, Arc::clone(&executor));
        let guarded = TokenVerifier::new(vec![trust], Arc::new(HttpWeb::new(&Settings::default())), executor);

        let claimed = Claimed { owner: "acme", repo: "tools", branch: "main" };
        let tokens: Vec<&str> =
            printed["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap()).collect();
        for (number, token) in tokens.iter().enumerate() {
            let outcome = verifier.verify(token, &claimed, now()).await;
            match number {
                0 | 1 => assert!(outcome.is_ok(), "{program:?} {number}: {outcome:?}"),
                _ => assert_eq!(refusal(outcome).0, "alg", "{program:?} {number}"),
            }
        }
        assert_eq!(tokens.len(), 8);
        // Without the exceptions of plugins.toml the same address is guarded like any other.
        let outcome = guarded.verify(tokens[0], &claimed, now()).await;
        assert!(matches!(outcome, Err(Unproven::KeysUnavailable(_))), "{outcome:?}");
        server.abort();
    }
}
